import type { FactorySpec, IndexData, Metric, PreTransformData, TransformSpec } from '@lutra/core';
import type { Engine } from '../engine.js';
import { assertSame, assertSameTraining } from '../invariants.js';
import type { IndexNode, NodeParameters, ParameterName, RangeSink, ResultTable } from '../node.js';
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
  readonly #specs: readonly TransformSpec[];

  constructor(
    engine: Engine,
    chain: readonly VectorTransform[],
    base: IndexNode,
    specs: readonly TransformSpec[],
  ) {
    this.#engine = engine;
    this.d = chain[0]!.dIn;
    this.metric = base.metric;
    this.#chain = chain;
    this.#base = base;
    this.#specs = specs;
  }

  get keepsIds(): boolean {
    return this.#base.keepsIds;
  }

  get ntotal(): number {
    return this.#base.ntotal;
  }

  get isTrained(): boolean {
    return this.#base.isTrained && this.#chain.every((t) => t.isTrained);
  }

  async train(x: Float32Array, n: number, task: Task): Promise<void> {
    const pq = pqTools(this.#engine);
    const { seed, signal, onProgress } = task;
    const context = { seed, pq, ...(signal && { signal }), ...(onProgress && { onProgress }) };
    let rows = x;
    for (const transform of this.#chain) {
      if (transform.trains) await transform.train(rows, n, context);
      await task.breathe();
      rows = transform.apply(rows, n);
    }
    pq.free();
    this.#engine.release('matmul.');
    await this.#base.train(rows, n, task);
  }

  #apply(x: Float32Array, n: number): Float32Array {
    let rows = x.length === n * this.d ? x : x.subarray(0, n * this.d);
    for (const transform of this.#chain) rows = transform.apply(rows, n);
    return rows;
  }

  reserve(n: number): void {
    this.#base.reserve(n);
  }

  add(x: Float32Array, n: number, ids: Float64Array | undefined): void {
    this.#base.add(this.#apply(x, n), n, ids);
  }

  search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    this.#base.search(this.#apply(x, nq), nq, k, parameters, out);
  }

  rangeSearch(x: Float32Array, radius: number, parameters: NodeParameters, sink: RangeSink): void {
    this.#base.rangeSearch(this.#apply(x, 1), radius, parameters, sink);
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

  merge(data: IndexData, addId: number): void {
    const other = data as PreTransformData;
    assertSame('transforms', this.#chain.length, other.transforms.length);
    for (const [i, transform] of this.#chain.entries()) {
      const mine = transform.toData();
      const theirs = other.transforms[i]!;
      assertSame('a transform of kind', mine.kind, theirs.kind);
      if ('A' in mine && 'A' in theirs) assertSameTraining('the transform matrices', mine.A, theirs.A);
      if ('b' in mine && 'b' in theirs) assertSameTraining('the transform offsets', mine.b, theirs.b);
    }
    this.#base.merge(other.base, addId);
  }

  reset(): void {
    this.#base.reset();
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

  spec(): FactorySpec {
    const [first, ...rest] = this.#specs;
    return { kind: 'PreTransform', transforms: [first!, ...rest], base: this.#base.spec() };
  }
}
