import type { IndexData } from '@lutra/core';
import { kmeans, MAX_POINTS_PER_CENTROID } from '../clustering/kmeans.js';
import { gatherRows, type RowView, viewRows } from '../clustering/row-view.js';
import { subsample } from '../clustering/subsample.js';
import type { Engine } from '../engine.js';
import {
  cut,
  type IndexNode,
  type NodeParameters,
  type ParameterName,
  type ResultTable,
  widthOf,
} from '../node.js';
import type { Task } from '../task.js';
import { assertSameData } from './coarse-quantizer.js';
import type { ListChooser } from './list-chooser.js';

const COARSE_ITERATIONS = 10;
const ASSIGN_ROWS = 1024;

/**
 * The index of the centroids of an IVF of bits. They are found by a k-means of the bits as -1 and 1, of which the signs are
 * kept.
 * @see faiss/IndexBinaryIVF.cpp, train
 */
export class BinaryQuantizer implements ListChooser<Uint8Array> {
  readonly node: IndexNode<Uint8Array>;
  readonly metric = 'l2';
  readonly #engine: Engine;

  constructor(engine: Engine, node: IndexNode<Uint8Array>) {
    this.#engine = engine;
    this.node = node;
  }

  get d(): number {
    return this.node.d;
  }

  get ntotal(): number {
    return this.node.ntotal;
  }

  async train(points: RowView<Uint8Array>, nlist: number, task: Task): Promise<void> {
    const { node, d } = this;
    node.reset();
    const sample = subsample(points, MAX_POINTS_PER_CENTROID * nlist, task.seed);
    task.progress('k-means', 0, COARSE_ITERATIONS);
    const options = {
      k: nlist,
      niter: COARSE_ITERATIONS,
      seed: task.seed,
      metric: 'l2' as const,
      spherical: false,
      onIteration: (done: number) => task.progress('k-means', done, COARSE_ITERATIONS),
    };
    const signs = viewRows(signsOf(sample), sample.n, d);
    const centroids = bitsOf(await kmeans(this.#engine, signs, options, task));
    task.progress('k-means', COARSE_ITERATIONS, COARSE_ITERATIONS);
    this.#engine.release('kmeans.');
    await node.train(centroids, nlist, task);
    node.reserve(nlist);
    node.add(centroids, nlist, undefined);
    await node.finish?.(task);
  }

  assign(x: Uint8Array, n: number, out: Uint32Array): void {
    const width = widthOf(this.node);
    const rows = Math.min(n, ASSIGN_ROWS);
    const table = { distances: new Float32Array(rows), labels: new Float64Array(rows) };
    for (let start = 0; start < n; start += ASSIGN_ROWS) {
      const count = Math.min(ASSIGN_ROWS, n - start);
      this.probe(cut(x, start * width, (start + count) * width), count, 1, NO_PARAMETERS, table);
      out.set(table.labels.subarray(0, count), start);
    }
  }

  probe(x: Uint8Array, nq: number, nprobe: number, parameters: NodeParameters, out: ResultTable): void {
    const { efSearch } = parameters;
    this.node.search(x, nq, nprobe, { ...NO_PARAMETERS, efSearch }, out);
  }

  parameters(): Partial<Record<ParameterName, number>> {
    return this.node.parameters();
  }

  setParameter(name: ParameterName, value: number): void {
    if (name in this.parameters()) this.node.setParameter(name, value);
  }

  assertSame(data: IndexData): void {
    assertSameData('the quantizer', this.node.toData(), data);
  }
}

const NO_PARAMETERS: NodeParameters = {
  nprobe: undefined,
  kFactor: undefined,
  efSearch: undefined,
  filter: undefined,
};

/** Rows of bits as rows of -1 and 1. */
function signsOf(view: RowView<Uint8Array>): Float32Array {
  const bytes = new Uint8Array(view.n * view.d);
  gatherRows(view, 0, view.n, bytes);
  const signs = new Float32Array(bytes.length * 8);
  for (let i = 0; i < signs.length; i++) signs[i] = ((bytes[i >>> 3]! >>> (i & 7)) & 1) * 2 - 1;
  return signs;
}

/** A bit for each number that says whether it is above 0. */
function bitsOf(x: Float32Array): Uint8Array {
  const bytes = new Uint8Array(x.length / 8);
  for (let i = 0; i < x.length; i++) if (x[i]! > 0) bytes[i >>> 3]! |= 1 << (i & 7);
  return bytes;
}
