import type { Metric } from '@lutra/core';
import type { Share } from './division.js';
import type { Engine } from './engine.js';
import type { Lists } from './invlists/lists.js';
import type { NodeParameters, Vectors } from './node.js';
import type { ListChooser } from './nodes/list-chooser.js';
import type { Probes } from './nodes/list-codec.js';
import type { IdLists } from './selection.js';

/**
 * The lists that some queries visit and a numbering of the entries in them: entry `i` of the list of rank `r` has position
 * `starts[r] + i`. Ranks are by distance, or by number of the list. Its arrays serve one search after the other.
 */
export class ProbeTable<V extends Vectors = Float32Array> {
  readonly metric: Metric;
  readonly #engine: Engine;
  readonly #quantizer: ListChooser<V>;
  readonly #lists: Lists;
  readonly #byNumber: boolean;
  nq = 0;
  nprobe = 0;
  /** `(nq, nprobe)`, -1 where there is none. */
  labels: Float64Array = new Float64Array(0);
  /** Coarse distances (or products), `(nq, nprobe)`. */
  distances: Float32Array = new Float32Array(0);
  /** Positions of the first entries, `(nq, nprobe + 1)`. */
  starts: Uint32Array = new Uint32Array(0);

  /** Ranks by distance, `(nq, nprobe)`. */
  nearest: Uint32Array = new Uint32Array(0);
  #origins: Uint32Array = new Uint32Array(0);
  /** 1 for each rank of a query, `(nq, nprobe)`, whose list another thread reads; undefined where all are read here. */
  #elsewhere: Uint8Array | undefined;
  /** The ranks that are looked at. */
  #first = 0;
  #end = 0;

  constructor(engine: Engine, quantizer: ListChooser<V>, lists: Lists, byNumber: boolean) {
    this.#engine = engine;
    this.#quantizer = quantizer;
    this.#lists = lists;
    this.#byNumber = byNumber;
    this.metric = quantizer.metric;
  }

  /** Finds the `nprobe` lists nearest to each query of x, `(nq, d)`. */
  fill(x: V, nq: number, nprobe: number, parameters: NodeParameters): void {
    this.nq = nq;
    this.nprobe = nprobe;
    this.window(0, nprobe);
    const n = nq * nprobe;
    if (this.labels.length < n) {
      this.labels = new Float64Array(n);
      this.distances = new Float32Array(n);
      this.nearest = new Uint32Array(n);
    }
    if (this.#origins.length < nprobe) this.#origins = new Uint32Array(nprobe);
    if (this.starts.length < n + nq) this.starts = new Uint32Array(n + nq);
    this.#quantizer.probe(x, nq, nprobe, parameters, this);
    this.#elsewhere = undefined;
    const directory = this.#lists.directory();
    for (let q = 0; q < nq; q++) {
      this.#rank(q);
      let position = 0;
      const at = q * (nprobe + 1);
      for (let rank = 0; rank < nprobe; rank++) {
        this.starts[at + rank] = position;
        const list = this.listOf(q, rank);
        if (list >= 0) position += directory.size(list);
      }
      this.starts[at + nprobe] = position;
    }
    const { share } = parameters.division ?? {};
    if (share) this.#divide(share);
  }

  /** Deals out the lists, nearest first, each to the part that has least to read; positions stay those of the whole. */
  #divide({ part, of }: Share): void {
    const { nq, nprobe } = this;
    const elsewhere = new Uint8Array(nq * nprobe);
    const loads = new Float64Array(of);
    for (let q = 0; q < nq; q++) {
      for (let i = 0; i < nprobe; i++) {
        const rank = this.nearest[q * nprobe + i]!;
        const least = loads.indexOf(Math.min(...loads));
        loads[least]! += this.sizeOf(q, rank);
        if (least !== part) elsewhere[q * nprobe + rank] = 1;
      }
    }
    this.#elsewhere = elsewhere;
  }

  /** Gives one query's probes their ranks: an insertion sort by number, if that is the order; those without a list stay behind. */
  #rank(q: number): void {
    const { labels, distances, nearest, nprobe } = this;
    const origins = this.#origins;
    const from = q * nprobe;
    for (let i = 0; i < nprobe; i++) origins[i] = i;
    for (let i = 1; this.#byNumber && i < nprobe && labels[from + i]! >= 0; i++) {
      const label = labels[from + i]!;
      const distance = distances[from + i]!;
      let j = i;
      for (; j > 0 && labels[from + j - 1]! > label; j--) {
        labels[from + j] = labels[from + j - 1]!;
        distances[from + j] = distances[from + j - 1]!;
        origins[j] = origins[j - 1]!;
      }
      labels[from + j] = label;
      distances[from + j] = distance;
      origins[j] = i;
    }
    for (let rank = 0; rank < nprobe; rank++) nearest[from + origins[rank]!] = rank;
  }

  /** List of rank `rank` of query q, -1 if there is none. */
  listOf(q: number, rank: number): number {
    return this.labels[q * this.nprobe + rank]!;
  }

  /** Until told otherwise, lists of other ranks than these have no entries; positions stay. */
  window(first: number, end: number): void {
    this.#first = first;
    this.#end = end;
  }

  /** Entries of that list; 0 where another thread reads it. */
  sizeOf(q: number, rank: number): number {
    if (rank < this.#first || rank >= this.#end) return 0;
    if (this.#elsewhere?.[q * this.nprobe + rank] === 1) return 0;
    const at = q * (this.nprobe + 1) + rank;
    return this.starts[at + 1]! - this.starts[at]!;
  }

  /** Position of that list's first entry. */
  startOf(q: number, rank: number): number {
    return this.starts[q * (this.nprobe + 1) + rank]!;
  }

  /** The id of the entry at `position` of query q. */
  idAt(q: number, position: number): number {
    const at = q * (this.nprobe + 1);
    let low = 0;
    let high = this.nprobe;
    // the last rank that starts at or before the position; empty lists before it start there too
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.starts[at + middle]! <= position) low = middle;
      else high = middle;
    }
    const list = this.listOf(q, low);
    const offset = position - this.starts[at + low]!;
    if (this.#lists.pages) return this.#lists.idAt!(list, offset);
    return this.#engine.doubles[this.#lists.directory().ids(list) / 8 + offset]!;
  }

  /** The lists of query q; scratch until the next call. */
  idLists(q: number): IdLists {
    const { nprobe } = this;
    const starts = this.#engine.scratch('ivf.starts', 2 * nprobe * 4);
    const { words } = this.#engine;
    const directory = this.#lists.directory();
    const at = starts >>> 2;
    for (let rank = 0; rank < nprobe; rank++) {
      words[at + rank] = this.startOf(q, rank);
      const list = this.listOf(q, rank);
      words[at + nprobe + rank] = list < 0 ? 0 : directory.ids(list);
    }
    return { starts, ids: starts + nprobe * 4, count: nprobe };
  }

  /** The probes of one query, as views. */
  probes(q: number): Probes {
    const from = q * this.nprobe;
    const lists = this.labels.subarray(from, from + this.nprobe);
    let count = this.nprobe;
    while (count > 0 && lists[count - 1]! < 0) count--;
    return { count, lists, distances: this.distances.subarray(from, from + this.nprobe) };
  }
}
