import type { IndexData, Metric, PreTransformData } from '@lutra/core';
import { distancesTo } from '../distances-to.js';
import type { Engine } from '../engine.js';
import { assertKind, assertSame, assertSameTraining } from '../invariants.js';
import type { IndexNode, NodeParameters, ParameterName, Prepared, RangeSink, ResultTable } from '../node.js';
import { pqTools } from '../quantizers/pq-tools.js';
import type { Task } from '../task.js';
import type { VectorTransform } from '../transforms/index.js';

/**
 * IndexPreTransform: vectors go through a chain of transforms on their way in.
 * @see faiss/IndexPreTransform.cpp
 */
export class PreTransformNode implements IndexNode {
  readonly d: number;
  readonly metric: Metric;
  readonly #engine: Engine;
  readonly #chain: readonly VectorTransform[];
  readonly #base: IndexNode;
  readonly candidates?: IndexNode['candidates'];
  /** False from the start of a training to its end: one that stops halfway leaves transforms that do not fit together. */
  #whole = true;

  /** @param chain - may be empty, in a file */
  constructor(engine: Engine, d: number, chain: readonly VectorTransform[], base: IndexNode) {
    this.#engine = engine;
    this.d = d;
    this.metric = base.metric;
    this.#chain = chain;
    this.#base = base;
    if (base.candidates) {
      this.candidates = (x, nq, k, parameters, ids, counts) =>
        base.candidates!(this.#apply(x, nq), nq, k, parameters, ids, counts);
    }
  }

  get keepsIds(): boolean {
    return this.#base.keepsIds;
  }

  get lists(): IndexNode['lists'] {
    return this.#base.lists;
  }

  get canSketch(): boolean | undefined {
    return this.#base.canSketch;
  }

  get ntotal(): number {
    return this.#base.ntotal;
  }

  get isTrained(): boolean {
    return this.#whole && this.#base.isTrained && this.#chain.every((t) => t.isTrained);
  }

  async train(x: Float32Array, n: number, task: Task): Promise<void> {
    const pq = pqTools(this.#engine);
    const { seed, signal, onProgress } = task;
    const context = { seed, pq, ...(signal && { signal }), ...(onProgress && { onProgress }) };
    let rows = x;
    this.#whole = false;
    try {
      for (const transform of this.#chain) {
        if (transform.trains) await transform.train(rows, n, context);
        await task.breathe();
        rows = transform.apply(rows, n);
      }
    } finally {
      pq.free();
      this.#engine.release('matmul.');
    }
    await this.#base.train(rows, n, task);
    this.#whole = true;
  }

  #apply(x: Float32Array, n: number): Float32Array {
    let rows = x.length === n * this.d ? x : x.subarray(0, n * this.d);
    for (const transform of this.#chain) rows = transform.apply(rows, n);
    return rows;
  }

  reserve(n: number): void {
    this.#base.reserve(n);
  }

  prepare(x: Float32Array, n: number): Prepared {
    const rows = this.#apply(x, n);
    const base = this.#base.prepare?.(rows, n);
    return base ? { rows, base } : { rows };
  }

  add(x: Float32Array, n: number, ids: Float64Array | undefined, { rows, base }: Prepared = {}): void {
    this.#base.add(rows ?? this.#apply(x, n), n, ids, base);
  }

  async finish(task: Task): Promise<void> {
    await this.#base.finish?.(task);
  }

  bytesAQuery(k: number, parameters: NodeParameters): number | undefined {
    return this.#base.bytesAQuery?.(k, parameters);
  }

  dividedNanos(k: number, parameters: NodeParameters): number {
    return this.#base.dividedNanos?.(k, parameters) ?? 0;
  }

  search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    this.#base.search(this.#apply(x, nq), nq, k, parameters, out);
  }

  rangeSearch(x: Float32Array, radius: number, parameters: NodeParameters, sink: RangeSink): void {
    this.#base.rangeSearch(this.#apply(x, 1), radius, parameters, sink);
  }

  distancesTo(x: Float32Array, ids: Float64Array): Float32Array {
    return distancesTo(this.#base, this.#apply(x, 1), ids);
  }

  reconstruct(id: number, out: Float32Array): boolean {
    const inner = new Float32Array(this.#base.d);
    if (!this.#base.reconstruct(id, inner)) return false;
    let row: Float32Array = inner;
    for (const transform of this.#chain.toReversed()) row = transform.reverse(row, 1);
    out.set(row);
    return true;
  }

  remove(test: (id: number) => boolean, renumber: boolean): number {
    return this.#base.remove(test, renumber);
  }

  assertMergeable(data: IndexData, addId: number): void {
    assertKind(data, 'PreTransform');
    assertSame('transforms', this.#chain.length, data.transforms.length);
    for (const [i, transform] of this.#chain.entries()) {
      const mine = transform.toData();
      const theirs = data.transforms[i]!;
      assertSame('a transform of kind', mine.kind, theirs.kind);
      assertSame('an output dimension', mine.dOut, theirs.dOut);
      if ('seed' in mine && 'seed' in theirs) assertSame('a transform seed', mine.seed, theirs.seed);
      if ('mean' in mine && 'mean' in theirs) assertSameTraining('the means', mine.mean, theirs.mean);
      if ('map' in mine && 'map' in theirs) assertSameTraining('the maps', mine.map, theirs.map);
      if ('pcaThenItq' in mine && 'pcaThenItq' in theirs) {
        assertSameTraining('the ITQ matrices', mine.pcaThenItq.A, theirs.pcaThenItq.A);
      }
      if ('A' in mine && 'A' in theirs) assertSameTraining('the transform matrices', mine.A, theirs.A);
      if ('b' in mine && 'b' in theirs) assertSameTraining('the transform offsets', mine.b, theirs.b);
    }
    this.#base.assertMergeable(data.base, addId);
  }

  merge(data: IndexData, addId: number): void {
    this.#base.merge((data as PreTransformData).base, addId);
  }

  reset(): void {
    this.#base.reset();
  }

  dispose(): void {
    this.#base.dispose?.();
  }

  parameters(): Partial<Record<ParameterName, number>> {
    return this.#base.parameters();
  }

  setParameter(name: ParameterName, value: number): void {
    this.#base.setParameter(name, value);
  }

  toData(): PreTransformData {
    const { d, ntotal, isTrained, metric } = this;
    const header = { d, ntotal, isTrained, metric, metricArg: 0 };
    return {
      kind: 'PreTransform',
      ...header,
      transforms: this.#chain.map((t) => t.toData()),
      base: this.#base.toData(),
    };
  }
}
