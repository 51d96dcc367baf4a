import {
  type DirectMapData,
  type IndexData,
  type IndexHeader,
  type IvfFields,
  type Metric,
  missingDistance,
} from '@lutra/core';
import { kmeans } from '../clustering/kmeans.js';
import { viewRows } from '../clustering/row-view.js';
import { countBelow } from '../count-below.js';
import type { Engine } from '../engine.js';
import { assertSame, assertSameTraining, assertShift } from '../invariants.js';
import { PlaceMap } from '../invlists/place-map.js';
import type { IndexNode, NodeParameters, ParameterName, Prepared, RangeSink, ResultTable } from '../node.js';
import { scanKeys, scanRange } from '../scan-keys.js';
import type { Task } from '../task.js';
import { TopK } from '../top-k.js';
import type { FlatNode } from './flat.js';
import type { ListCodec, Probes } from './list-codec.js';

const COARSE_ITERATIONS = 10;

export type IvfData = Extract<IndexData, IvfFields>;

/**
 * IndexIVF: vectors in `nlist` lists by nearest centroid; a search visits the `nprobe` lists nearest to the query.
 * @see Sivic & Zisserman 2003, "Video Google"; faiss/IndexIVF.cpp
 */
export class IvfNode implements IndexNode {
  readonly d: number;
  readonly metric: Metric;
  readonly nlist: number;
  readonly keepsIds = true;
  readonly #engine: Engine;
  readonly #quantizer: FlatNode;
  readonly #codec: ListCodec;
  readonly #directMap: DirectMapData['kind'];
  readonly #places: PlaceMap;
  /** List numbers of the rows to come, a block each. */
  #foreseen: Uint32Array[] = [];
  #nprobe: number;
  #ntotal = 0;

  constructor(
    engine: Engine,
    quantizer: FlatNode,
    codec: ListCodec,
    state: { nprobe?: number; ntotal?: number; directMap?: DirectMapData } = {},
  ) {
    this.#engine = engine;
    this.d = quantizer.d;
    this.metric = quantizer.metric;
    this.nlist = codec.lists.nlist;
    this.#quantizer = quantizer;
    this.#codec = codec;
    this.#nprobe = state.nprobe ?? 1;
    this.#ntotal = state.ntotal ?? 0;
    this.#directMap = state.directMap?.kind ?? 'none';
    this.#places = new PlaceMap(codec.lists, state.directMap);
  }

  get ntotal(): number {
    return this.#ntotal;
  }

  get isTrained(): boolean {
    return this.#quantizer.ntotal === this.nlist && this.#codec.isTrained;
  }

  async train(x: Float32Array, n: number, task: Task): Promise<void> {
    const { nlist: k, metric } = this;
    const points = viewRows(x, n, this.d);
    this.#quantizer.reset();
    task.progress('k-means', 0, COARSE_ITERATIONS);
    const options = {
      k,
      niter: COARSE_ITERATIONS,
      seed: task.seed,
      metric,
      spherical: metric === 'ip',
      onIteration: (done: number) => task.progress('k-means', done, COARSE_ITERATIONS),
    };
    const centroids = await kmeans(this.#engine, points, options, task);
    task.progress('k-means', COARSE_ITERATIONS, COARSE_ITERATIONS);
    this.#engine.release('kmeans.');
    this.#quantizer.add(centroids, k);
    try {
      await this.#codec.train(points, task);
    } catch (e) {
      this.#quantizer.reset();
      throw e;
    }
  }

  foresee(x: Float32Array, n: number, assign: Uint32Array = this.listsOf(x, n)): void {
    this.#foreseen.push(assign);
  }

  reserve(n: number): void {
    if (n === 0) this.#foreseen = [];
    if (this.#foreseen.length === 0) return;
    const counts = new Uint32Array(this.nlist);
    for (const assign of this.#foreseen) for (const list of assign) counts[list]!++;
    this.#codec.lists.reserve(counts);
  }

  listsOf(x: Float32Array, n: number): Uint32Array {
    const assign = new Uint32Array(n);
    this.#quantizer.assign(x, n, assign);
    return assign;
  }

  prepare(x: Float32Array, n: number, assign: Uint32Array = this.listsOf(x, n)): Prepared {
    const codes = this.#codec.encode?.(x.subarray(0, n * this.d), assign);
    return codes ? { assign, codes } : { assign };
  }

  add(x: Float32Array, n: number, ids: Float64Array | undefined, prepared: Prepared = {}): void {
    const foreseen = this.#foreseen.shift();
    const assign = prepared.assign ?? (foreseen?.length === n ? foreseen : this.listsOf(x, n));
    const given = ids ?? Float64Array.from({ length: n }, (_, i) => this.#ntotal + i);
    this.#codec.add(x.subarray(0, n * this.d), assign, given, prepared.codes);
    this.#ntotal += n;
    this.#places.clear();
  }

  search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    const similarity = this.metric === 'ip';
    const missing = missingDistance(this.metric);
    const heap = new TopK(k, similarity);
    this.#visit(x, nq, parameters, {
      list: (values, ids) => scanKeys(heap, values, similarity, 0, parameters.filter, ids),
      end: (q, convert) => {
        const found = heap.size;
        heap.drain(out.distances, out.labels, q * k, missing);
        if (!convert) return;
        for (let i = q * k; i < q * k + found; i++) out.distances[i] = convert(out.distances[i]!);
      },
    });
  }

  rangeSearch(x: Float32Array, radius: number, parameters: NodeParameters, sink: RangeSink): void {
    const { filter } = parameters;
    const similarity = this.metric === 'ip';
    this.#visit(x, 1, parameters, {
      list: (values, ids) => {
        scanRange(sink, values, { radius, similarity, filter, convert: this.#codec.convert() }, 0, ids);
      },
      end: () => {},
    });
  }

  /** Walks the probed, non-empty lists of each query. */
  #visit(
    x: Float32Array,
    nq: number,
    parameters: NodeParameters,
    visitor: {
      list(values: Float32Array | Uint16Array, ids: Float64Array): void;
      end(q: number, convert: ((value: number) => number) | undefined): void;
    },
  ): void {
    const nprobe = Math.min(parameters.nprobe ?? this.#nprobe, this.nlist);
    const coarse = { distances: new Float32Array(nq * nprobe), labels: new Float64Array(nq * nprobe) };
    const { lists } = this.#codec;
    this.#quantizer.search(
      x,
      nq,
      nprobe,
      { nprobe: undefined, kFactor: undefined, filter: undefined },
      coarse,
    );
    for (let q = 0; q < nq; q++) {
      const probes = probesOf(coarse, q * nprobe, nprobe);
      this.#codec.begin(x.subarray(q * this.d, (q + 1) * this.d), probes);
      const ranks = Array.from({ length: probes.count }, (_, rank) => rank);
      if (this.#codec.visitsByNumber) ranks.sort((a, b) => probes.lists[a]! - probes.lists[b]!);
      for (const rank of ranks) {
        const ids = lists.ids(probes.lists[rank]!);
        if (ids.size > 0) visitor.list(this.#codec.scan(rank), ids.values);
      }
      visitor.end(q, this.#codec.convert());
    }
  }

  reconstruct(id: number, out: Float32Array): boolean {
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
    if (quantizer.kind === 'Flat') {
      assertSameTraining('the centroids', this.#quantizer.vectors, quantizer.vectors);
    } else assertSame('a quantizer of kind', 'Flat', quantizer.kind);
    this.#codec.lists.assertMergeable(invlists);
    if (invlists.kind !== 'missing') for (const ids of invlists.ids) assertShift(ids, addId);
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
    return { nprobe: this.#nprobe };
  }

  setParameter(name: ParameterName, value: number): void {
    if (name === 'nprobe') this.#nprobe = value;
  }

  toData(): IndexData {
    const { d, metric, ntotal, isTrained, nlist } = this;
    const header: IndexHeader = { d, ntotal, isTrained, metric, metricArg: 0 };
    const quantizer = this.#quantizer.toData();
    const directMap = this.#places.toData(this.#directMap, ntotal);
    return this.#codec.toData(header, { nlist, nprobe: this.#nprobe, quantizer, directMap });
  }
}

function probesOf(coarse: ResultTable, from: number, nprobe: number): Probes {
  const lists = coarse.labels.subarray(from, from + nprobe);
  let count = nprobe;
  while (count > 0 && lists[count - 1]! < 0) count--;
  return { count, lists, distances: coarse.distances.subarray(from, from + nprobe) };
}
