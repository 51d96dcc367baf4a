import type { IndexData, Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Division } from './division.js';
import type { Lists } from './invlists/lists.js';
import type { ProbeTable } from './probe-table.js';
import type { Selection } from './selection.js';
import type { Task } from './task.js';

/** What the rows given to a node are made of: float32 components, or bytes of 8 bits each. */
export type Vectors = Float32Array | Uint8Array;

/** Whether an id takes part; undefined lets all pass. */
export type IdTest = ((id: number) => boolean) | undefined;

/** Parameters of one search, as every node of the tree sees them; ids of `filter` are the node's own. */
export interface NodeParameters {
  readonly nprobe: number | undefined;
  readonly kFactor: number | undefined;
  readonly efSearch: number | undefined;
  readonly nflip?: number | undefined;
  readonly filter: IdTest;
  /** Whether a refinement chooses its candidates by sketches of its vectors. */
  readonly sketches?: boolean | undefined;
  /** Ranks what is in the lists visited, in place of the codes there; only for a node with {@link IndexNode.lists}. */
  readonly ranking?: ListRanking | undefined;
  /** Only for a node that says {@link IndexNode.dividedNanos}: what is its share of the search, and who puts it together. */
  readonly division?: Division | undefined;
}

/** Another way to select among the entries of lists than by their codes. */
export interface ListRanking {
  /**
   * Offers the entries of the lists of the queries from `q0` on to their reservoirs, by float keys that are smaller for better ones;
   * with a filter it is one query.
   */
  select(q0: number, probes: ProbeTable, selection: Selection, filter: IdTest): void;
}

/** Where a k-NN search of `nq` queries writes, row-major `(nq, k)`. */
export interface ResultTable {
  readonly distances: Float32Array;
  readonly labels: Float64Array;
}

/** What {@link IndexNode.prepare} finds out about rows: plain data, that another thread may have made. */
export interface Prepared {
  /** List numbers. */
  readonly assign?: Uint32Array;
  /** Codes, `(n, codeSize)`. */
  readonly codes?: Uint8Array;
  /** The rows as the node below takes them. */
  readonly rows?: Float32Array;
  readonly base?: Prepared;
  readonly refine?: Prepared;
}

/** Candidates of some queries: ids u32 `(nq, stride)` at `ids` in kernel memory, of which `counts[q]` count. */
export interface CandidateTable {
  readonly ids: Ptr;
  readonly stride: number;
  readonly counts: Uint32Array;
}

/** Takes the hits of one query of a range search. */
export type RangeSink = (distance: number, id: number) => void;

/** The names of the parameters that a tree of nodes can take. */
export type ParameterName = 'nprobe' | 'kFactor' | 'efSearch' | 'nflip';

/**
 * One faiss class at work. Nodes form a tree (refine → pre-transform → IVF → quantizer) and trust their callers:
 * shapes, numbers and state are checked once, by the public index around the root.
 */
export interface IndexNode<V extends Vectors = Float32Array> {
  readonly d: number;
  /** Elements of a row, which comments call d; d unless told: vectors of d bits have d / 8. */
  readonly width?: number;
  readonly metric: Metric;
  readonly ntotal: number;
  readonly isTrained: boolean;
  /** Whether ids are the node's own business (IVF, IDMap); else vectors count from 0. */
  readonly keepsIds: boolean;
  /** Whether it takes {@link NodeParameters.sketches}. */
  readonly canSketch?: boolean | undefined;
  /** Inverted lists that searches visit, whose entries {@link NodeParameters.ranking} can rank. */
  readonly lists?: Lists | undefined;
  /** The vectors, `(ntotal, d)`, where they are stored as they are: a view valid until memory grows. */
  readonly vectors?: V;
  /** Whether, as the quantizer of an IVF, {@link train} gives it the centroids; else they come from k-means. */
  readonly trainsAlone?: boolean;

  /** Learns from x, `(n, d)`. */
  train(x: V, n: number, task: Task): Promise<void>;
  /** Makes room for `n` more vectors where that saves moving them. */
  reserve(n: number): void;
  /**
   * Looks at x, `(n, d)`, the next rows that {@link add} will get, block by block in that order; {@link reserve} then makes
   * room exactly where they go. Only where that saves moving much memory about. `reserve(0)` forgets them.
   * @param assign - what {@link listsOf} says of them, if it has been asked
   */
  foresee?(x: V, n: number, assign?: Uint32Array): void;
  /** The lists that the rows of x, `(n, d)`, belong to; where there is {@link foresee}. */
  listsOf?(x: V, n: number): Uint32Array;
  /**
   * The part of {@link add} that changes nothing, for a later call of it; absent where that is nothing at all.
   * @param assign - what {@link listsOf} says of the rows, if it has been asked
   */
  prepare?(x: V, n: number, assign?: Uint32Array): Prepared;
  /** Stores x, `(n, d)`, under `ids` or the next ones. */
  add(x: V, n: number, ids: Float64Array | undefined, prepared?: Prepared): void;
  /**
   * Does what is left to do once all rows of an addition are there. Where there is it, rows are found by searches only after
   * it; what an addition that failed has left to do is done with the next.
   */
  finish?(task: Task): Promise<void>;
  /** Bytes that a query reads, roughly; for how many queries to search at once. Where it is not known, few. */
  bytesAQuery?(k: number, parameters: NodeParameters): number | undefined;
  /**
   * Nanoseconds that a query takes, roughly, in the part of its search that {@link NodeParameters.division} divides; absent
   * or 0 where there is no such part. A node either divides its own work or that of one node below it.
   */
  dividedNanos?(k: number, parameters: NodeParameters): number;
  /** The k best of each query of x, `(nq, d)`, into `out`. */
  search(x: V, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void;
  /**
   * The ids of the k best of each query of x, in no order, u32 `(nq, k)` in kernel memory at `ids`; `counts[q]` says how many
   * there are. For ids below 2^32, and for a caller that compares them again; `parameters` without a filter, unless there is a ranking.
   */
  candidates?(x: V, nq: number, k: number, parameters: NodeParameters, ids: Ptr, counts: Uint32Array): void;
  /** The k best of each query among `counts[q]` stored vectors, ids u32 `(nq, stride)` in kernel memory. */
  rerank?(x: V, nq: number, k: number, among: CandidateTable, out: ResultTable): void;
  /** The nearest stored vector of each row of x, `(n, d)`, into `out`; where that is quicker than a search for it. */
  assign?(x: V, n: number, out: Uint32Array): void;
  /** All hits of one query. */
  rangeSearch(x: V, radius: number, parameters: NodeParameters, sink: RangeSink): void;
  /** Distances of one query, `(d)`, to the vectors `ids`, where that is not the distance to what {@link reconstruct} gives. */
  distancesTo?(x: V, ids: Float64Array): Float32Array;
  /** Writes the stored vector of `id` into `out`, `(d)`; false if there is none. */
  reconstruct(id: number, out: V): boolean;
  /**
   * Removes what `test` selects; with `renumber`, ids after a removed one move down. Returns how many went. All ids are
   * tested before anything changes.
   */
  remove(test: (id: number) => boolean, renumber: boolean): number;
  /** @throws LutraError `ARGUMENT` unless `data` is of the same classes and trained alike, all the way down */
  assertMergeable(data: IndexData, addId: number): void;
  /** Appends the vectors of `data`, which {@link assertMergeable} took; all or nothing. */
  merge(data: IndexData, addId: number): void;
  reset(): void;
  /** Which stored parameters the tree has, with their values; and a way to set them. */
  parameters(): Partial<Record<ParameterName, number>>;
  setParameter(name: ParameterName, value: number): void;
  toData(): IndexData;
  /** Gives back what is not memory: files that are open. The node is not used any more. */
  dispose?(): void;
}

/** Elements of a row of a node. */
export function widthOf(node: { readonly d: number; readonly width?: number }): number {
  return node.width ?? node.d;
}

/** Elements `from` to `to` of x, without a copy. */
export function cut<V extends Vectors | Float64Array>(x: V, from: number, to: number): V {
  // a view costs more than it looks: one is made only where it is needed
  return from === 0 && to === x.length ? x : (x.subarray(from, to) as V);
}

/** A node that compares candidates of another one again, and need not find any itself. */
export type RefiningNode = Omit<IndexNode, 'search' | 'rangeSearch'>;
