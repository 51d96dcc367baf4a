// A graph over stored vectors, as the kernels see it:
//
//   g    0 neighbours, i32           4 offsets, f64 (n + 1)      8 places before each level, i32
//       12 vectors                  16 d                        20 kind of the vectors
//       24 visited, u32 (n / 16)    28 n                        32 entry point
//       36 highest level            40 the visit's number       44 room for ids and keys of a batch
//       48 efConstruction           52 places of a batch        56 bytes of a code
//       60 form of a code              64 records, 0 for none       68 the query in bytes
//       72 its weights                 76 how many were compared
//
// Keys are distances, or negated products: smaller is better. Kinds, plus 1 for products: 0 rows of floats, which are
// compared with a row; 2 codes of a scalar quantizer, with tables of `sqL2` and `sqIp`, the base behind the weights; 4 codes
// of a product quantizer, with its table: d is then M, and the form of a code its bits, up to 24; 6 bit strings, which are
// compared with one by the bits that differ.
import { pick } from '../distance';
import { hammingByIdx } from '../hamming';
import { sqIp, sqL2 } from '../sq-scan';
import { below } from './records';

/** For products, among equal ones the larger id is the better. */
@inline
export function flipOf(g: usize): i32 {
  return -(load<i32>(g, 20) & 1);
}

@inline
export function visitedOf(g: usize): usize {
  return load<u32>(g, 24);
}

/** Where the neighbours of `node` on `level` begin. */
@inline
export function linksOf(g: usize, node: i32, level: i32): usize {
  const offset = <u32>load<f64>(<usize>load<u32>(g, 4) + (<usize>node << 3));
  return <usize>load<u32>(g) + (<usize>(offset + load<i32>(<usize>load<u32>(g, 8) + (<usize>level << 2))) << 2);
}

/** How many places a node has on `level`. */
@inline
export function placesOn(g: usize, level: i32): i32 {
  const cum = <usize>load<u32>(g, 8) + (<usize>level << 2);
  return load<i32>(cum, 4) - load<i32>(cum);
}

@inline
export function batchIds(g: usize): usize {
  return load<u32>(g, 44);
}

@inline
export function batchKeys(g: usize): usize {
  return <usize>load<u32>(g, 44) + (<usize>load<u32>(g, 52) << 2);
}

/** Begins a new visit; from time to time the marks have to be wiped. */
export function newVisit(g: usize): void {
  let visit = load<u32>(g, 40) + 1;
  if (visit > 0xffff) {
    memory.fill(visitedOf(g), 0, <usize>((load<u32>(g, 28) + 15) >>> 4) << 2);
    visit = 1;
  }
  store<u32>(g, visit, 40);
}

/** Marks `node`; whether it was not yet. Sixteen nodes share a word: the visit that they were marked in, and a bit each. */
@inline
function markIn(visited: usize, visit: u32, node: u32): bool {
  const at = visited + <usize>((node >>> 4) << 2);
  const word = load<u32>(at);
  const marks = select<u32>(word, visit, (word ^ visit) >>> 16 == 0);
  const bit: u32 = 1 << (node & 15);
  store<u32>(at, marks | bit);
  return !(marks & bit);
}

@inline
export function mark(g: usize, node: i32): void {
  markIn(visitedOf(g), load<u32>(g, 40) << 16, node);
}

/** Puts the neighbours at `links` that were not visited into the batch, marks them, and returns how many. */
export function unvisited(g: usize, links: usize, places: i32): i32 {
  const visited = visitedOf(g);
  const visit = load<u32>(g, 40) << 16;
  const ids = batchIds(g);
  let count = 0;
  for (let i = 0; i < places; i++) {
    const node = load<i32>(links + (<usize>i << 2));
    if (node < 0) break;
    store<i32>(ids + (<usize>count << 2), node);
    count += i32(markIn(visited, visit, node));
  }
  return count;
}

/** Number `m` of a code, `bits` wide, the lowest bits first. */
@inline
function numberAt(code: usize, m: i32, bits: i32): usize {
  const bit = m * bits;
  const last = (bit + bits - 1) >> 3;
  let value: u32 = 0;
  for (let b = last; b >= bit >> 3; b--) value = (value << 8) | load<u8>(code + <usize>b);
  return (value >> (bit & 7)) & ((1 << bits) - 1);
}

/** Sums of the entries of `lut`, f32 (M, 2^bits), that the codes of n nodes stand for. */
function lookUp(lut: usize, codes: usize, codeSize: usize, M: i32, bits: i32, ids: usize, n: i32, out: usize): void {
  for (let i = 0; i < n; i++) {
    const code = codes + <usize>load<u32>(ids + (<usize>i << 2)) * codeSize;
    let sum: f32 = 0;
    for (let m = 0; m < M; m++) {
      const c = bits == 8 ? <usize>load<u8>(code + <usize>m) : numberAt(code, m, bits);
      sum += load<f32>(lut + (((<usize>m << bits) + c) << 2));
    }
    store<f32>(out + (<usize>i << 2), sum);
  }
}

/** Keys of n nodes against x to `out`, which has room for a vector more. */
export function keysTo(g: usize, x: usize, ids: usize, n: i32, out: usize): void {
  const rows = <usize>load<u32>(g, 12);
  const d = load<i32>(g, 16);
  const kind = load<i32>(g, 20);
  if (kind == 0) {
    pick(false, x, rows, <usize>d << 2, d, ids, n, out);
    return;
  }
  if (kind == 2) {
    sqL2(load<i32>(g, 60), x, x + (<usize>d << 2), rows, load<i32>(g, 56), d, ids, n, out);
    return;
  }
  if (kind == 6) {
    hammingByIdx(x, rows, load<i32>(g, 56), ids, n, out);
    return;
  }
  if (kind == 1) pick(true, x, rows, <usize>d << 2, d, ids, n, out);
  else if (kind == 3) {
    sqIp(load<i32>(g, 60), x, load<f32>(x + (<usize>d << 2)), rows, load<i32>(g, 56), d, ids, n, out);
  } else lookUp(x, rows, load<u32>(g, 56), d, load<i32>(g, 60), ids, n, out);
  if (kind == 4) return;
  for (let i = 0; i < n; i += 4) v128.store(out + (<usize>i << 2), f32x4.neg(v128.load(out + (<usize>i << 2))));
}

/**
 * Leaves those of the n nodes of the batch, in order, whose keys may be below `limit`, and puts their keys beside them; returns
 * how many. Where there are records, only those are compared that their bounds do not rule out.
 */
export function nearer(g: usize, x: usize, n: i32, limit: f32): i32 {
  const ids = batchIds(g);
  const records = <usize>load<u32>(g, 64);
  store<i32>(g, load<i32>(g, 76) + n, 76);
  if (records && limit < Infinity) n = below(records, load<i32>(g, 16), load<u32>(g, 68), load<u32>(g, 72), ids, n, limit);
  keysTo(g, x, ids, n, batchKeys(g));
  return n;
}

/** The stored vector of `node`, to be compared with others; of rows of floats, or of bit strings. */
@inline
export function rowOf(g: usize, node: i32): usize {
  const bytes = load<i32>(g, 20) == 6 ? load<u32>(g, 56) : load<u32>(g, 16) << 2;
  return <usize>load<u32>(g, 12) + <usize>node * <usize>bytes;
}

/** Key of one node against x. */
export function keyTo(g: usize, x: usize, node: i32): f32 {
  const ids = batchIds(g);
  store<i32>(ids, node);
  keysTo(g, x, ids, 1, batchKeys(g));
  return load<f32>(batchKeys(g));
}

/** From `node`, by ever nearer neighbours on `level` to the nearest that has no nearer one: its id; its key is at `keyAt`. */
export function descend(g: usize, x: usize, level: i32, from: i32, keyAt: usize): i32 {
  const places = placesOn(g, level);
  const ids = batchIds(g), keys = batchKeys(g);
  let nearest = from;
  let key = load<f32>(keyAt);
  for (;;) {
    const before = nearest;
    const links = linksOf(g, nearest, level);
    let n = 0;
    for (; n < places; n++) {
      const id = load<i32>(links + (<usize>n << 2));
      if (id < 0) break;
      store<i32>(ids + (<usize>n << 2), id);
    }
    n = nearer(g, x, n, key);
    for (let i: usize = 0, end = <usize>n << 2; i < end; i += 4) {
      const k = load<f32>(keys + i);
      if (k < key) {
        key = k;
        nearest = load<i32>(ids + i);
      }
    }
    if (nearest == before) break;
  }
  store<f32>(keyAt, key);
  return nearest;
}
