import type { IndexData, Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { kmeans } from '../clustering/kmeans.js';
import { gatherRows, type RowView } from '../clustering/row-view.js';
import { distancesTo } from '../distances-to.js';
import type { Engine } from '../engine.js';
import { takesMissing } from '../extra-metrics.js';
import { assertSame, assertSameTraining } from '../invariants.js';
import type { IndexNode, NodeParameters, ParameterName, ResultTable } from '../node.js';
import { assertFinite } from '../rows/finite.js';
import type { Task } from '../task.js';
import { FlatNode } from './flat.js';
import { FlatMetricNode } from './flat-metric.js';
import type { ListChooser } from './list-chooser.js';

const COARSE_ITERATIONS = 10;
/** Rows that are assigned at once by an index that has no way of its own to do so. */
const ASSIGN_ROWS = 1024;

/**
 * The index of an IVF's centroids, of any class: which list a vector belongs to, which lists a query visits, where a list's
 * centroid is. How it comes by its centroids is faiss's `quantizer_trains_alone`: an index that says
 * {@link IndexNode.trainsAlone} finds them itself, any other is given those of a k-means.
 * @see faiss/IndexIVF.cpp, Level1Quantizer
 */
export class CoarseQuantizer implements ListChooser {
  readonly node: IndexNode;
  readonly #engine: Engine;
  #centroid: Float32Array = new Float32Array(0);

  constructor(engine: Engine, node: IndexNode) {
    this.#engine = engine;
    this.node = node;
  }

  get d(): number {
    return this.node.d;
  }

  get metric(): Metric {
    return this.node.metric;
  }

  /** The centroids that it holds. */
  get ntotal(): number {
    return this.node.ntotal;
  }

  /** Learns `nlist` centroids from `points`. */
  async train(points: RowView, nlist: number, task: Task): Promise<void> {
    const { node } = this;
    node.reset();
    if (node.trainsAlone) {
      await node.train(rowsOf(points), points.n, task);
      return;
    }
    const centroids = await this.#cluster(points, nlist, task);
    await node.train(centroids, nlist, task);
    node.reserve(nlist);
    node.add(centroids, nlist, undefined);
    await node.finish?.(task);
  }

  /** A flat index of any metric assigns by itself, for others the nearest by l2 is taken. */
  async #cluster(points: RowView, nlist: number, task: Task): Promise<Float32Array> {
    const { metric, node } = this;
    if (takesMissing(metric)) assertFinite('train', rowsOf(points), points.d, 0);
    task.progress('k-means', 0, COARSE_ITERATIONS);
    const options = {
      k: nlist,
      niter: COARSE_ITERATIONS,
      seed: task.seed,
      metric: node instanceof FlatNode || node instanceof FlatMetricNode ? metric : ('l2' as const),
      metricArg: node instanceof FlatMetricNode ? node.metricArg : 0,
      spherical: metric === 'ip',
      onIteration: (done: number) => task.progress('k-means', done, COARSE_ITERATIONS),
    };
    const centroids = await kmeans(this.#engine, points, options, task);
    task.progress('k-means', COARSE_ITERATIONS, COARSE_ITERATIONS);
    this.#engine.release('kmeans.');
    return centroids;
  }

  /** The list of each row of x, `(n, d)`, into `out`. */
  assign(x: Float32Array, n: number, out: Uint32Array): void {
    const { d, node } = this;
    if (node.assign) {
      node.assign(x, n, out);
      return;
    }
    const rows = Math.min(n, ASSIGN_ROWS);
    const table = { distances: new Float32Array(rows), labels: new Float64Array(rows) };
    for (let start = 0; start < n; start += ASSIGN_ROWS) {
      const count = Math.min(ASSIGN_ROWS, n - start);
      this.probe(x.subarray(start * d, (start + count) * d), count, 1, NO_PARAMETERS, table);
      for (let i = 0; i < count; i++) {
        const label = table.labels[i]!;
        out[start + i] = label < 0 ? this.#nearest(x.subarray((start + i) * d, (start + i + 1) * d)) : label;
      }
    }
  }

  /** The list of one row that the index has no answer for: an IVF whose list for it is empty. faiss stores such a row nowhere. */
  #nearest(x: Float32Array): number {
    const all = Float64Array.from({ length: this.ntotal }, (_, list) => list);
    const distances = distancesTo(this.node, x, all);
    const best = this.metric === 'ip' ? Math.max(...distances) : Math.min(...distances);
    return Math.max(0, distances.indexOf(best));
  }

  /** The `nprobe` lists for each query of x, `(nq, d)`, into `out`: their numbers, -1 for none, and distances. */
  probe(x: Float32Array, nq: number, nprobe: number, parameters: NodeParameters, out: ResultTable): void {
    const { efSearch } = parameters;
    this.node.search(x, nq, nprobe, { ...NO_PARAMETERS, efSearch }, out);
  }

  /** The centroid of `list`, `(d)`; a view until the next call. */
  centroid(list: number): Float32Array {
    const { d, node } = this;
    if (node.vectors) return node.vectors.subarray(list * d, (list + 1) * d);
    if (this.#centroid.length !== d) this.#centroid = new Float32Array(d);
    node.reconstruct(list, this.#centroid);
    return this.#centroid;
  }

  /** Where the centroid of `list` is in kernel memory: its own place, or `room` for `(d)` with a copy. */
  place(list: number, room: Ptr): Ptr {
    const centroid = this.centroid(list);
    if (this.node.vectors) return centroid.byteOffset;
    this.#engine.memory.f32(room, this.d).set(centroid);
    return room;
  }

  /** Subtracts from each row of x, `(n, d)`, the centroid of list `assign[i]`, in float32 and in place. */
  subtract(x: Float32Array, assign: Uint32Array): void {
    const { d } = this;
    const { vectors } = this.node;
    for (let i = 0; i < assign.length; i++) {
      const centroid = vectors ?? this.centroid(assign[i]!);
      const c = vectors ? assign[i]! * d : 0;
      for (let j = 0; j < d; j++) x[i * d + j]! -= centroid[c + j]!;
    }
  }

  /** The parameters that reach lists' choice from outside: of a graph, but not those of lists within it. */
  parameters(): Partial<Record<ParameterName, number>> {
    const { efSearch } = this.node.parameters();
    return efSearch === undefined ? {} : { efSearch };
  }

  setParameter(name: ParameterName, value: number): void {
    if (name in this.parameters()) this.node.setParameter(name, value);
  }

  /** @throws LutraError `ARGUMENT` unless `data` is of the same class and has the same centroids */
  assertSame(data: IndexData): void {
    const mine = this.node.toData();
    assertSame('a quantizer of kind', mine.kind, data.kind);
    const [a, b] = [centroidsIn(mine), centroidsIn(data)];
    if (a && b) assertSameTraining('the centroids', a, b);
    else assertSameData('the quantizer', mine, data);
  }
}

const NO_PARAMETERS: NodeParameters = {
  nprobe: undefined,
  kFactor: undefined,
  efSearch: undefined,
  filter: undefined,
};

function rowsOf(points: RowView): Float32Array {
  const x = new Float32Array(points.n * points.d);
  gatherRows(points, 0, points.n, x);
  return x;
}

/** The vectors of `data` where it holds them as they are. */
function centroidsIn(data: IndexData): Float32Array | undefined {
  if (data.kind === 'Flat') return data.vectors;
  return data.kind === 'HnswFlat' && data.storage ? centroidsIn(data.storage) : undefined;
}

/** Throws `ARGUMENT` unless two values of plain data are the same all the way down. */
export function assertSameData(what: string, mine: unknown, theirs: unknown): void {
  if (ArrayBuffer.isView(mine) && ArrayBuffer.isView(theirs)) {
    assertSameTraining(what, mine as Uint8Array, theirs as Uint8Array);
  } else if (typeof mine === 'object' && typeof theirs === 'object' && mine && theirs) {
    const other = theirs as Record<string, unknown>;
    for (const [key, value] of Object.entries(mine)) assertSameData(`${what}.${key}`, value, other[key]);
  } else assertSame(what, mine, theirs);
}
