import type { AssignKernels } from './assign-contract.js';
import type { BitStringKernels } from './bit-string-contract.js';
import type { BoundKernels } from './bound-contract.js';
import type { RaBitQKernels } from './rabitq-contract.js';
import type { SketchKernels } from './sketch-contract.js';
import type { ScalarKernels } from './sq-contract.js';

/** A byte offset into kernel memory. Unsigned, up to 2^32 - 1; a multiple of 4 for f32 and u32, of 16 where said. */
export type Ptr = number;

/** The instruction sets a kernel build may use, slowest first. `scalar` is plain TypeScript. */
export type KernelLevel = 'scalar' | 'simd128' | 'relaxed-simd';

/**
 * The linear memory that kernels read and write, with an allocator over it. Growth detaches earlier views of a memory
 * that is not shared: take views at use, keep pointers.
 */
export interface KernelMemory {
  /** The whole memory now, a SharedArrayBuffer where memory is shared; replaced by growth. */
  readonly buffer: ArrayBufferLike;
  /** Bytes handed out and not freed. */
  readonly allocatedBytes: number;
  /**
   * `bytes` of memory, 16-byte aligned, contents undefined; may grow the memory.
   * @throws LutraError `CAPACITY` beyond 4 GiB or what the machine gives
   */
  alloc(bytes: number): Ptr;
  /** Gives back what `alloc` or `realloc` returned; 0 is ignored. */
  free(ptr: Ptr): void;
  /** Moves an allocation to one of `bytes`, keeping the contents that fit; `realloc(0, n)` allocates. */
  realloc(ptr: Ptr, bytes: number): Ptr;
  /** A view of `n` elements at `ptr`, valid until the next growth. */
  u8(ptr: Ptr, n: number): Uint8Array;
  u16(ptr: Ptr, n: number): Uint16Array;
  u32(ptr: Ptr, n: number): Uint32Array;
  i32(ptr: Ptr, n: number): Int32Array;
  f32(ptr: Ptr, n: number): Float32Array;
  f64(ptr: Ptr, n: number): Float64Array;
}

/**
 * What another thread needs to run the same kernels over the same memory. Structured clone carries it to a worker;
 * nothing in it is of use to anybody but `attachKernels`.
 */
export interface KernelHandle {
  readonly level: KernelLevel;
  /** The compiled WebAssembly; undefined at the scalar level. */
  readonly module: object | undefined;
  readonly memory: object;
}

/**
 * Numbers over flat memory. Every pointer is into `memory`; inputs and outputs do not overlap; nothing is checked,
 * nothing is allocated. Rows are row-major float32 without padding; `d`, `n` and strides count elements, not bytes.
 *
 * Each function exists at every level. Float results may differ between levels in the last bits (order of sums);
 * integer results are the same.
 */
export interface Kernels
  extends AssignKernels,
    BitStringKernels,
    BoundKernels,
    RaBitQKernels,
    ScalarKernels,
    SketchKernels {
  readonly level: KernelLevel;
  readonly memory: KernelMemory;
  /** For other threads; undefined where memory is not shared. */
  readonly handle: KernelHandle | undefined;

  /** `out[i] = sum_j (x[j] - y[i, j])²` for `ny` rows; x `(d)`, y `(ny, d)`, out f32 `(ny)`. */
  l2sqrNy(x: Ptr, y: Ptr, d: number, ny: number, out: Ptr): void;
  /** `out[i] = sum_j x[j] · y[i, j]`. */
  ipNy(x: Ptr, y: Ptr, d: number, ny: number, out: Ptr): void;
  /** {@link l2sqrNy} over the rows `ids[i]` (u32, `n`) of y. */
  l2sqrByIdx(x: Ptr, y: Ptr, d: number, ids: Ptr, n: number, out: Ptr): void;
  /** {@link ipNy} over the rows `ids[i]` (u32, `n`) of y. */
  ipByIdx(x: Ptr, y: Ptr, d: number, ids: Ptr, n: number, out: Ptr): void;
  /** `out[i] = sum_j y[i, j]²`. */
  normsSqr(y: Ptr, d: number, ny: number, out: Ptr): void;
  /** `out[q, i] = sum_j x[q, j] · y[i, j]`; x `(nx, d)`, y `(ny, d)`, out f32 `(nx, ny)`. Register-blocked. */
  ipBlock(x: Ptr, nx: number, y: Ptr, ny: number, d: number, out: Ptr): void;
  /** `sums[idx[i], j] += x[i, j]` and `counts[idx[i]] += 1`, row after row, in f32; sums `(k, d)`, counts f32 `(k)`. */
  sumByIdx(x: Ptr, nx: number, d: number, idx: Ptr, sums: Ptr, counts: Ptr): void;
  /**
   * The nearest of `ksub` short centroids for `nx` sub-vectors, x `(nx)` rows of which `dsub` floats count, `xStride`
   * floats apart; centroidsT is transposed, `(dsub, ksub)`, ksub a multiple of 4 (or less than 4: scalar tail).
   * `sum_j (x[j] - c[j])²` summed in order of j, in f32; the lowest index wins a tie. outIdx u32 `(nx)`, outDis f32 `(nx)`.
   */
  assignSub(
    x: Ptr,
    nx: number,
    xStride: number,
    centroidsT: Ptr,
    ksub: number,
    dsub: number,
    outIdx: Ptr,
    outDis: Ptr,
  ): void;

  /**
   * Codes of a product quantizer of 4 bits: of each slice of x `(nx, M · dsub)` the nearest centroid as
   * {@link assignSub} finds it; centroidsT `(M, dsub, 16)`; codes u8 `(nx, ceil(M / 2))`, the lower number in the lower
   * bits, the last high bits zero for an odd M.
   */
  pqEncode4(x: Ptr, nx: number, centroidsT: Ptr, M: number, dsub: number, codes: Ptr): void;
  /** The same of 8 bits: centroidsT `(M, dsub, 256)`, codes u8 `(nx, M)`. */
  pqEncode8(x: Ptr, nx: number, centroidsT: Ptr, M: number, dsub: number, codes: Ptr): void;

  /**
   * The table of a product quantizer: `lut[m, c] = sum_j (x[m·dsub + j] - centroids[m, c, j])²`.
   * centroids `(M, ksub, dsub)`, lut f32 `(M, ksub)`. Rounded as faiss rounds it (see the family's notes).
   */
  pqLutL2(x: Ptr, centroids: Ptr, M: number, ksub: number, dsub: number, lut: Ptr): void;
  /** `lut[m, c] = sum_j x[m·dsub + j] · centroids[m, c, j]`. */
  pqLutIp(x: Ptr, centroids: Ptr, M: number, ksub: number, dsub: number, lut: Ptr): void;
  /** `out[i] = base + sum_m lut[m, codes[i, m]]` for 8-bit codes `(n, M)`; lut f32 `(M, 256)`; f32 sums in order of m. */
  pq8Scan(codes: Ptr, n: number, M: number, lut: Ptr, base: number, out: Ptr): void;
  /** The same for 4-bit codes, `codeSize` bytes each, low nibble first; lut f32 `(M, 16)`. */
  pq4CodesScan(codes: Ptr, n: number, M: number, codeSize: number, lut: Ptr, base: number, out: Ptr): void;

  /**
   * FastScan: `out[v] = (bias + sum_m lut[m, code(v, m)]) mod 2^16` for the vectors of `nblocks` packed blocks.
   * codes: blocks of `bbs · M2 / 2` bytes in faiss's layout (bbs a multiple of 32); lut u8 `(M2, 16)`, 16-byte aligned;
   * out u16 `(nblocks · bbs)` in vector order, 16-byte aligned. u16 sums of u8 entries cannot overflow for M2 ≤ 257.
   * @see faiss/impl/pq4_fast_scan.cpp; André et al. 2015, "Cache locality is not enough"
   */
  pq4Scan(codes: Ptr, nblocks: number, bbs: number, M2: number, lut: Ptr, bias: number, out: Ptr): void;
  /**
   * {@link pq4Scan} for visits of queries to lists: each sum of the list's first n vectors goes to the query's reservoir as
   * key `sum ^ flip` (flip 0xffff where large sums are good) with the position `first + v`. Visits that follow each
   * other and have the same codes share what is read.
   * visits u32 `(nvisits, 6)`: codes, n, lut, reservoir, first, bias. scratch: `scratchPq4Select(M2)` bytes, 16-byte
   * aligned. The reservoirs started with a threshold of at most 65535.
   */
  pq4Select(visits: Ptr, nvisits: number, bbs: number, M2: number, flip: number, scratch: Ptr): void;
  /** Bytes of scratch that {@link pq4Select} wants. */
  scratchPq4Select(M2: number): number;

  /**
   * What the rounding of a table to bytes needs: `mins[m] = min_c lut[m, c]` f32 `(M)`; out f32 `(3)`: `offset` plus the sum
   * of the minima, the largest span `max_c - min_c`, `total` plus the sum of the spans; sums in f32 in order of m.
   * lut f32 `(M, 16)`.
   */
  lutRanges(lut: Ptr, M: number, offset: number, total: number, mins: Ptr, out: Ptr): void;
  /** `out[m, c] = floor((lut[m, c] - mins[m]) · scale + 0.5)` in f32; out u8 `(M2, 16)`, zero from row M on. */
  roundLut(lut: Ptr, M: number, M2: number, mins: Ptr, scale: number, out: Ptr): void;
  /**
   * {@link lutRanges} of `n` tables that are not written down: table j is `parts[j] - products`, in f32. parts u32 `(n)`
   * points at f32 `(M, 16)` each; products f32 `(M, 16)`; offsets f32 `(n)`, with `total` being `offsets[j] - origin`; mins
   * f32 `(n, M)`, out f32 `(n, 3)`.
   */
  residualRanges(
    parts: Ptr,
    n: number,
    products: Ptr,
    M: number,
    offsets: Ptr,
    origin: number,
    mins: Ptr,
    out: Ptr,
  ): void;
  /** {@link roundLut} of those tables; out u8 `(n, M2, 16)`. */
  roundResiduals(
    parts: Ptr,
    n: number,
    products: Ptr,
    M: number,
    M2: number,
    mins: Ptr,
    scale: number,
    out: Ptr,
  ): void;

  /**
   * Empties a reservoir, which keeps the k best of what it is offered, whatever the order it comes in. Smaller keys are
   * better. With T the k-th smallest key, once there are k, it keeps every key below T and, of those equal to T, the ones
   * that are among the first k by position of all keys up to T: what a heap that takes only strictly better candidates
   * would have had in hand.
   * With ties that is up to 2k - 1. `r` points at `reservoirBytes(k)` bytes, 16-byte aligned.
   * @param threshold - the largest key that is taken at all: {@link FLOAT_KEYS} for float keys, else an i32
   */
  reservoirStart(r: Ptr, k: number, threshold: number): void;
  /**
   * Offers `values[i]`, f32 `(n)`, as a float key, negated with `negate`; its position is `first + i`, or `ids[i]` (u32, with
   * `first` 0) unless ids is 0. NaN is never taken.
   */
  selectF32(values: Ptr, n: number, negate: boolean, first: number, ids: Ptr, r: Ptr): void;
  /** Cuts the reservoir down to what it keeps, in no order, and returns how many that is. */
  reservoirTake(r: Ptr): number;
  /** The same, sorted by key and then position. */
  reservoirSort(r: Ptr): number;
  /**
   * Writes the ids of the k best of a reservoir, u32, to `out`, in no order, and returns how many they are. Of those that tie
   * for the last places, those with the smallest ids stay, or the greatest. The reservoir is spent.
   *
   * With `nlists` 0 a position is an id. Else position p lies in the last list i with `starts[i] ≤ p`, at `p - starts[i]`:
   * starts u32 `(nlists)`, ascending, of which equal ones belong to empty lists but for the last; lists u32 `(nlists)`:
   * pointers to float64 ids, of which those beyond 2^32 - 2 become 2^32 - 1.
   */
  takeIds(r: Ptr, greatest: boolean, starts: Ptr, lists: Ptr, nlists: number, out: Ptr): number;

  /**
   * The k best of an HNSW graph for one query, as faiss finds them: greedily down the levels, then best-first with
   * `max(ef, k)` candidates on the lowest, until ef that are looked at are nearer than the next. outKeys f32 `(k)` ascending,
   * distances or negated products; outIds i32 `(k)`, -1 with FLT_MAX where there is none.
   *
   * g is a record of 32-bit words, {@link HNSW_WORDS}; the graph has at least one node. mask: u8 `(n)`, 0 for nodes that are
   * passed through but not found, or 0 for none. work: `hnswSearchBytes(max(ef, k))` bytes.
   * @see Malkov & Yashunin 2018, "Efficient and robust approximate nearest neighbor search using HNSW graphs";
   *   faiss/impl/HNSW.cpp
   */
  hnswSearch(g: Ptr, x: Ptr, k: number, ef: number, mask: Ptr, work: Ptr, outKeys: Ptr, outIds: Ptr): void;
  /** The same with every visited node whose key is below `radius`, in no order; returns how many. Outputs have room for n. */
  hnswRange(
    g: Ptr,
    x: Ptr,
    radius: number,
    ef: number,
    mask: Ptr,
    work: Ptr,
    outKeys: Ptr,
    outIds: Ptr,
  ): number;
  /**
   * Gives node `id`, which is in the graph without links and whose vector is x, its links on the levels from `level` down: the
   * nearest that a search with efConstruction finds, or those of them that are nearer to it than to each other. Writes to
   * its own places only. work: `hnswLinkBytes(n, efConstruction)` bytes.
   */
  hnswLink(g: Ptr, x: Ptr, id: number, level: number, work: Ptr): void;
  /**
   * Adds `n` links, u32 ids at `incoming`, to those of `node` on `level`; where there are not enough places, those stay that
   * are nearer to it than to each other, by distance and then id, up to four fifths of the places. Writes to its own places
   * only. work: `hnswMergeBytes(batch, n)` bytes.
   */
  hnswMerge(g: Ptr, node: number, level: number, incoming: Ptr, n: number, work: Ptr): void;
  /**
   * The same four in TypeScript at every level, for distances that no kernel computes: of a kind 1 `distance` gives
   * products, of any other distances. What x points to is the caller's affair, but that links are made from
   * `vectors + 4 · d · node`.
   */
  graphBy(distance: NodeDistance): GraphKernels;
}

/** The distance, or product, of the query at x to a node. */
export type NodeDistance = (x: Ptr, node: number) => number;

/** What builds and searches a graph. */
export type GraphKernels = Pick<Kernels, 'hnswSearch' | 'hnswRange' | 'hnswLink' | 'hnswMerge'>;

/**
 * The words of a graph's record: pointers to the neighbours (i32, -1 for none), where each node's begin among them (f64
 * `(n + 1)`), and how many places come before each level (i32); the vectors, d, kind; marks
 * of the visited nodes (u32 `(ceil(n / 16))`, zeros at first), n; entry point, -1 without nodes, highest level; number of the visit, 0
 * at first; room for two numbers for each of `batch`; efConstruction; batch: more than the places of any level and
 * efConstruction, by four at least; bytes of a code, form of a code; and, for vectors alone, records of them by
 * {@link Kernels.int8Records}, or 0 for none, with the query as {@link Kernels.int12Query} makes it and the weights of
 * {@link Kernels.int8Bounds}: what the bounds rule out is not compared, with the same results. To the last word is added how
 * many vectors a search or a link has come across.
 *
 * Kinds, for l2 and one more for ip: 0 vectors f32 `(n, d)`, which a query `(d)` is compared with; 2 codes of a scalar
 * quantizer of a form of {@link SCALAR_CODES}, for a query a and b, `(2, d)`, of `sqL2`, or w and base, `(d + 1)`, of `sqIp`;
 * 4 codes of a product quantizer, d being M and the form its bits, up to 24, for its table, `(M, 2^bits)`; 6 bit strings of
 * the bytes of a code, for one such, by the bits that differ. Links are made among vectors and bit strings alone.
 */
export const HNSW_WORDS = [
  'neighbors',
  'offsets',
  'places',
  'vectors',
  'd',
  'kind',
  'visited',
  'n',
  'entryPoint',
  'maxLevel',
  'visit',
  'room',
  'efConstruction',
  'batch',
  'codeSize',
  'code',
  'records',
  'query',
  'weights',
  'compared',
] as const;

/** Bytes that {@link Kernels.hnswSearch} works in with `room` candidates. */
export function hnswSearchBytes(room: number): number {
  return 32 + 8 * Math.ceil(room / 4) * 4;
}

/** Bytes that {@link Kernels.hnswLink} works in. */
export function hnswLinkBytes(n: number, efConstruction: number): number {
  return 32 + 16 * (efConstruction + 2) + 8 * (n + 1);
}

/** Bytes that {@link Kernels.hnswMerge} works in for up to `n` links. */
export function hnswMergeBytes(batch: number, n: number): number {
  return 8 * (batch + n + 8);
}

/** {@link Kernels.reservoirStart}'s threshold for float keys: the key of the largest float32 below FLT_MAX. */
export const FLOAT_KEYS = 0x7f7ffffe;

/** Candidates that a reservoir for the k best has room for, a multiple of four. */
export function reservoirCapacity(k: number): number {
  return Math.ceil((3 * k + 64) / 4) * 4;
}

/** Bytes of a reservoir for the k best. */
export function reservoirBytes(k: number): number {
  return 32 + 16 * reservoirCapacity(k);
}

/** Where a reservoir for the k best at `r` has its keys, i32, after a take or a sort. */
export function reservoirKeys(r: Ptr): Ptr {
  return r + 32;
}

/** Where it has its positions, u32. */
export function reservoirPositions(r: Ptr, k: number): Ptr {
  return r + 32 + 4 * reservoirCapacity(k);
}

/** A compiled set of kernels of one level; instances are cheap and each has its own memory. */
export interface KernelSet {
  readonly level: KernelLevel;
  /** Why a higher level was not taken, for people; undefined when the highest was. */
  readonly note: string | undefined;
  /** Whether memories are shared: whether other threads can be given them. */
  readonly shared: boolean;
  /** Kernels over a new, empty memory. */
  instantiate(): Kernels;
}

export interface LoadKernelsOptions {
  /** Take exactly this level, or fail with `UNSUPPORTED`; the highest that runs unless told. */
  level?: KernelLevel;
  /**
   * Lets Node 20 run the level `relaxed-simd`: its V8 has those instructions behind a flag, which is switched on for the whole
   * process and stays on. V8 called them experimental then. Of no effect where they are there anyway, or never.
   */
  experimentalRelaxedSimd?: boolean;
  /** False for memories of one thread; unless told they are shared wherever that is allowed. */
  shared?: boolean;
}

/** Kernels over the memory of another thread, with an allocator that has nothing but what it was given. */
export interface AttachedKernels extends Kernels {
  readonly arena: KernelArena;
}

/** The part of a shared memory in which a thread that attached to it may allocate. */
export interface KernelArena {
  /**
   * Adds the `bytes` at `ptr`, an allocation of the memory's owner that nothing else touches from now on; at least 64,
   * and `ptr` a multiple of 16.
   */
  give(ptr: Ptr, bytes: number): void;
  /** Bytes of the last allocation that failed with `CAPACITY` because the arena is full; 0 if none has. Reading resets it. */
  takeLack(): number;
}
