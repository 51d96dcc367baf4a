import {
  type DirectMapData,
  type IndexData,
  type IndexHeader,
  type IvfFields,
  isSimilarity,
  type Metric,
} from '@lutra/core';
import { FLOAT_KEYS, type Ptr } from '@lutra/kernels';
import { viewRows } from '../clustering/row-view.js';
import { countBelow } from '../count-below.js';
import { finish, SCAN_NANOS } from '../division.js';
import type { Engine } from '../engine.js';
import { assertSame, assertShift } from '../invariants.js';
import type { Lists } from '../invlists/lists.js';
import { PlaceMap } from '../invlists/place-map.js';
import {
  cut,
  type IndexNode,
  type NodeParameters,
  type ParameterName,
  type Prepared,
  type RangeSink,
  type ResultTable,
  type Vectors,
} from '../node.js';
import { ProbeTable } from '../probe-table.js';
import { scanRange } from '../scan-range.js';
import {
  floatDistance,
  maskFiltered,
  type Outcome,
  queriesAtOnce,
  Selection,
  writeResults,
} from '../selection.js';
import type { Task } from '../task.js';
import type { ListChooser } from './list-chooser.js';
import type { ListCodec, Probes } from './list-codec.js';

export type IvfData = Extract<IndexData, IvfFields>;

/**
 * IndexIVF: vectors in `nlist` lists by nearest centroid; a search visits the `nprobe` lists nearest to the query.
 * @see Sivic & Zisserman 2003, "Video Google"; faiss/IndexIVF.cpp
 */
export class IvfNode<V extends Vectors = Float32Array> implements IndexNode<V> {
  readonly d: number;
  readonly width: number;
  readonly metric: Metric;
  readonly nlist: number;
  readonly keepsIds = true;
  readonly #engine: Engine;
  readonly #quantizer: ListChooser<V>;
  readonly #codec: ListCodec<V>;
  readonly #directMap: DirectMapData['kind'];
  readonly #places: PlaceMap;
  readonly #probed: ProbeTable<V>;
  readonly #selection: Selection;
  /** List numbers of the rows to come, a block each. */
  #foreseen: Uint32Array[] = [];
  readonly #metricArg: number;
  #nprobe: number;
  #ntotal = 0;

  constructor(
    engine: Engine,
    quantizer: ListChooser<V>,
    codec: ListCodec<V>,
    state: {
      nprobe?: number;
      ntotal?: number;
      directMap?: DirectMapData;
      metricArg?: number;
      width?: number;
    } = {},
  ) {
    this.#engine = engine;
    this.d = quantizer.d;
    this.width = state.width ?? quantizer.d;
    this.metric = quantizer.metric;
    this.nlist = codec.lists.nlist;
    this.#quantizer = quantizer;
    this.#codec = codec;
    this.#nprobe = state.nprobe ?? 1;
    this.#ntotal = state.ntotal ?? 0;
    this.#metricArg = state.metricArg ?? 0;
    this.#directMap = state.directMap?.kind ?? 'none';
    this.#places = new PlaceMap(codec.lists, state.directMap);
    this.#probed = new ProbeTable(engine, quantizer, codec.lists, codec.visitsByNumber ?? false);
    this.#selection = new Selection(engine, 'ivf.reservoirs');
  }

  get lists(): Lists {
    return this.#codec.lists;
  }

  get ntotal(): number {
    return this.#ntotal;
  }

  get isTrained(): boolean {
    return this.#quantizer.ntotal === this.nlist && this.#codec.isTrained;
  }

  async train(x: V, n: number, task: Task): Promise<void> {
    const points = viewRows(x, n, this.width);
    await this.#quantizer.train(points, this.nlist, task);
    try {
      await this.#codec.train(points, task);
    } catch (e) {
      this.#quantizer.node.reset();
      throw e;
    }
  }

  foresee(x: V, n: number, assign: Uint32Array = this.listsOf(x, n)): void {
    this.#foreseen.push(assign);
  }

  reserve(n: number): void {
    if (n === 0) this.#foreseen = [];
    if (this.#foreseen.length === 0) return;
    const counts = new Uint32Array(this.nlist);
    for (const assign of this.#foreseen) for (const list of assign) counts[list]!++;
    this.#codec.lists.reserve(counts);
  }

  listsOf(x: V, n: number): Uint32Array {
    const assign = new Uint32Array(n);
    this.#quantizer.assign(x, n, assign);
    return assign;
  }

  prepare(x: V, n: number, assign: Uint32Array = this.listsOf(x, n)): Prepared {
    const codes = this.#codec.encode?.(cut(x, 0, n * this.width), assign);
    return codes ? { assign, codes } : { assign };
  }

  add(x: V, n: number, ids: Float64Array | undefined, prepared: Prepared = {}): void {
    const foreseen = this.#foreseen.shift();
    const assign = prepared.assign ?? (foreseen?.length === n ? foreseen : this.listsOf(x, n));
    const given = ids ?? Float64Array.from({ length: n }, (_, i) => this.#ntotal + i);
    const rows = cut(x, 0, n * this.width);
    const codes = prepared.codes ?? this.#codec.encode?.(rows, assign) ?? bytesOf(rows);
    this.#codec.lists.append(codes, assign, given);
    this.#ntotal += n;
    this.#places.clear();
  }

  bytesAQuery(_: number, parameters: NodeParameters): number {
    const nprobe = Math.min(parameters.nprobe ?? this.#nprobe, this.nlist);
    return this.nlist * this.d + (nprobe / this.nlist) * this.#ntotal * this.#codec.lists.codeSize;
  }

  dividedNanos(_: number, parameters: NodeParameters): number {
    const nprobe = Math.min(parameters.nprobe ?? this.#nprobe, this.nlist);
    if (nprobe < 2 || this.#codec.readsInOrder) return 0;
    const bytes = (nprobe / this.nlist) * this.#ntotal * this.#codec.lists.codeSize;
    return bytes * (this.#codec.nanosAByte?.(parameters) ?? SCAN_NANOS.codes);
  }

  search(x: V, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    const { filter, division } = parameters;
    const engine = this.#engine;
    const selection = this.#selection;
    const step = filter || this.#codec.lists.pages ? 1 : queriesAtOnce(k);
    for (let q0 = 0; q0 < nq; q0 += step) {
      const count = Math.min(step, nq - q0);
      const distance = this.#select(x, q0, count, k, parameters);
      for (let q = 0; q < count; q++) {
        const outcome = this.#outcome(q, k, distance);
        finish({ engine, selection, q, outcome }, division, out, (q0 + q) * k);
      }
    }
  }

  #outcome(q: number, k: number, distance: (q: number, key: number) => number): Outcome {
    return {
      k,
      metric: this.metric,
      distance: (key) => distance(q, key),
      label: (position) => this.#probed.idAt(q, position),
    };
  }

  candidates(x: V, nq: number, k: number, parameters: NodeParameters, ids: Ptr, counts: Uint32Array): void {
    const { division, filter } = parameters;
    const engine = this.#engine;
    const selection = this.#selection;
    const similarity = isSimilarity(this.metric);
    const { pages } = this.#codec.lists;
    const step = filter || pages ? 1 : queriesAtOnce(k);
    for (let q0 = 0; q0 < nq; q0 += step) {
      const count = Math.min(step, nq - q0);
      const distance = this.#select(x, q0, count, k, parameters);
      for (let q = 0; q < count; q++) {
        const to = ids + (q0 + q) * k * 4;
        if (division) {
          const outcome = this.#outcome(q, k, distance);
          counts[q0 + q] = division.settleIds({ engine, selection, q, outcome }, to);
          continue;
        }
        counts[q0 + q] = pages
          ? this.#writeIds(q, this.#outcome(q, k, distance), to)
          : selection.takeIds(q, similarity, to, this.#probed.idLists(q));
      }
    }
  }

  /** {@link Selection.takeIds} where not all ids are in kernel memory. */
  #writeIds(q: number, outcome: Outcome, to: Ptr): number {
    const { k } = outcome;
    const found = { distances: new Float32Array(k), labels: new Float64Array(k) };
    writeResults(this.#engine, this.#selection, q, outcome, found, 0);
    const ids = this.#engine.memory.u32(to, k);
    let n = 0;
    for (; n < k && found.labels[n]! >= 0; n++) ids[n] = Math.min(found.labels[n]!, 2 ** 32 - 1);
    return n;
  }

  /** Selects the k best of queries `q0` to `q0 + nq`; returns what their keys stand for. */
  #select(
    x: V,
    q0: number,
    nq: number,
    k: number,
    parameters: NodeParameters,
  ): (q: number, key: number) => number {
    const { width } = this;
    const codec = this.#codec;
    // others have done it
    if (parameters.division && !parameters.division.share) return (_, key) => key;
    const queries = cut(x, q0 * width, (q0 + nq) * width);
    this.#probed.fill(queries, nq, Math.min(parameters.nprobe ?? this.#nprobe, this.nlist), parameters);
    const { filter, ranking } = parameters;
    this.#selection.start(nq, k, (filter || ranking ? undefined : codec.keys) ?? FLOAT_KEYS);
    if (ranking) {
      // of a tree of float32 rows, as the ranking says
      ranking.select(q0, this.#probed as unknown as ProbeTable, this.#selection, filter);
    } else {
      if (filter) return this.#selectFiltered(queries, filter);
      this.#eachWindow(() => codec.select(queries, this.#probed, this.#selection));
      if (codec.distance) return (q, key) => codec.distance!(q, key);
    }
    const distance = floatDistance(this.metric);
    return (_, key) => distance(key);
  }

  /** Has `look` look at all lists that are probed; where they are on disk at as many at a time as are in memory together. */
  #eachWindow(look: () => void): void {
    const { pages } = this.#codec.lists;
    if (!pages) {
      look();
      return;
    }
    const { labels, nprobe } = this.#probed;
    // one query
    const lists = labels.slice(0, nprobe);
    for (let first = 0; first < nprobe; ) {
      const end = first + pages.fit(lists, first);
      pages.ensure(lists.subarray(first, end));
      this.#probed.window(first, end);
      look();
      first = end;
    }
    this.#probed.window(0, nprobe);
  }

  /** One query whose entries have to pass a filter: all of a list become floats first. */
  #selectFiltered(x: V, filter: (id: number) => boolean): (q: number, key: number) => number {
    const engine = this.#engine;
    const similarity = isSimilarity(this.metric);
    this.#walk(x, this.#probed.probes(0), (values, ids, rank) => {
      const at = engine.scratch('ivf.filtered', values.length * 4);
      const floats = engine.memory.f32(at, values.length);
      floats.set(values);
      const threshold = this.#selection.threshold(0);
      maskFiltered(floats, filter, { threshold, similarity, first: 0, ids });
      const first = this.#probed.startOf(0, rank);
      engine.kernels.selectF32(at, floats.length, similarity, first, 0, this.#selection.reservoir(0));
    });
    const convert = this.#codec.convert?.() ?? ((value: number) => value);
    const distance = floatDistance(this.metric);
    return (_, key) => convert(distance(key));
  }

  rangeSearch(x: V, radius: number, parameters: NodeParameters, sink: RangeSink): void {
    const { filter } = parameters;
    const similarity = isSimilarity(this.metric);
    this.#probed.fill(x, 1, Math.min(parameters.nprobe ?? this.#nprobe, this.nlist), parameters);
    this.#walk(x, this.#probed.probes(0), (values, ids) => {
      scanRange(sink, values, { radius, similarity, filter, convert: this.#codec.convert?.() }, 0, ids);
    });
  }

  /** The values of every entry of the probed lists of one query, list by list. */
  #walk(
    x: V,
    probes: Probes,
    visit: (values: Float32Array | Uint16Array, ids: Float64Array, rank: number) => void,
  ): void {
    this.#codec.begin(x, probes);
    const { pages } = this.#codec.lists;
    for (let rank = 0, read = 0; rank < probes.count; rank++) {
      if (pages && rank === read) {
        const lists = probes.lists.subarray(0, probes.count);
        read += pages.fit(lists, rank);
        pages.ensure(lists.subarray(rank, read));
      }
      if (this.#probed.sizeOf(0, rank) === 0) continue;
      const ids = this.#codec.lists.ids(probes.lists[rank]!);
      visit(this.#codec.scan(rank), ids.values, rank);
    }
  }

  reconstruct(id: number, out: V): boolean {
    const place = this.#places.find(id);
    if (!place) return false;
    this.#codec.decode(place.list, place.offset, out);
    return true;
  }

  remove(test: (id: number) => boolean, renumber: boolean): number {
    const { lists } = this.#codec;
    const gone: number[] = [];
    const count = lists.remove((id) => {
      const goes = test(id);
      if (goes && renumber) gone.push(id);
      return goes;
    });
    if (renumber) {
      const sorted = Float64Array.from(gone).sort();
      for (let list = 0; list < this.nlist; list++) lists.ids(list).map((id) => id - countBelow(sorted, id));
    }
    this.#ntotal -= count;
    this.#places.clear();
    return count;
  }

  assertMergeable(data: IndexData, addId: number): void {
    this.#codec.assertMergeable(data);
    const { nlist, metric, quantizer, invlists } = data as IvfData;
    assertSame('nlist', this.nlist, nlist);
    assertSame('metric', this.metric, metric);
    assertSame('metricArg', this.#metricArg, data.metricArg);
    this.#quantizer.assertSame(quantizer);
    this.#codec.lists.assertMergeable(invlists);
    if ('ids' in invlists) for (const ids of invlists.ids) assertShift(ids, addId);
  }

  merge(data: IndexData, addId: number): void {
    const other = data as IvfData;
    this.#codec.lists.merge(other.invlists, addId);
    this.#ntotal += other.ntotal;
    this.#places.clear();
  }

  reset(): void {
    this.#codec.lists.clear();
    this.#ntotal = 0;
    this.#places.clear();
  }

  parameters(): Partial<Record<ParameterName, number>> {
    return { nprobe: this.#nprobe, ...this.#quantizer.parameters() };
  }

  setParameter(name: ParameterName, value: number): void {
    if (name === 'nprobe') this.#nprobe = value;
    else this.#quantizer.setParameter(name, value);
  }

  toData(): IndexData {
    const { d, metric, ntotal, isTrained, nlist } = this;
    const header: IndexHeader = { d, ntotal, isTrained, metric, metricArg: this.#metricArg };
    const quantizer = this.#quantizer.node.toData();
    const directMap = this.#places.toData(this.#directMap, ntotal);
    return this.#codec.toData(header, { nlist, nprobe: this.#nprobe, quantizer, directMap });
  }
}

/** What rows that are their own codes are made of. */
function bytesOf(x: Vectors): Uint8Array {
  return new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
}
