import {
  type IndexData,
  LutraError,
  type Metric,
  missingDistance,
  type RefineData,
  type RefinePanoramaData,
} from '@lutra/core';
import { distancesTo } from '../distances-to.js';
import type { Engine } from '../engine.js';
import { assertKind, assertSame } from '../invariants.js';
import { keepMask } from '../keep-mask.js';
import type {
  IndexNode,
  NodeParameters,
  ParameterName,
  Prepared,
  RangeSink,
  RefiningNode,
  ResultTable,
} from '../node.js';
import { queriesAtOnce } from '../selection.js';
import { Sketches } from '../sketches.js';
import type { Task } from '../task.js';
import { TopK } from '../top-k.js';
import { FlatNode } from './flat.js';

type Kind = 'Refine' | 'RefinePanorama';

/**
 * IndexRefine, IndexRefineFlat and IndexRefinePanorama: `trunc(k · kFactor)` candidates of a quick base, compared again by a better index.
 * Candidates that the base lacks are passed over (faiss lets their padding compete).
 * @see faiss/IndexRefine.cpp
 */
export class RefineNode implements IndexNode {
  readonly d: number;
  readonly metric: Metric;
  readonly keepsIds = false;
  readonly #kind: Kind;
  readonly #base: IndexNode;
  readonly #refine: RefiningNode;
  readonly #engine: Engine;
  readonly #sketches: Sketches | undefined;
  #counts: Uint32Array = new Uint32Array(0);
  #kFactor: number;

  constructor(
    engine: Engine,
    base: IndexNode,
    refine: RefiningNode,
    options: { kind?: Kind; kFactor?: number } = {},
  ) {
    this.#kind = options.kind ?? 'Refine';
    this.#engine = engine;
    this.d = base.d;
    this.metric = base.metric;
    this.#base = base;
    this.#refine = refine;
    if (refine instanceof FlatNode) refine.searched = false;
    this.#kFactor = options.kFactor ?? 1;
    const { lists, metric } = base;
    if (lists && (metric === 'l2' || metric === 'ip'))
      this.#sketches = new Sketches(engine, metric, refine, lists);
  }

  get canSketch(): boolean {
    return this.#sketches !== undefined;
  }

  get ntotal(): number {
    return this.#refine.ntotal;
  }

  get isTrained(): boolean {
    return this.#base.isTrained && this.#refine.isTrained;
  }

  async train(x: Float32Array, n: number, task: Task): Promise<void> {
    await this.#base.train(x, n, task);
    await this.#refine.train(x, n, task);
  }

  reserve(n: number): void {
    this.#base.reserve(n);
    this.#refine.reserve(n);
  }

  prepare(x: Float32Array, n: number): Prepared {
    const base = this.#base.prepare?.(x, n);
    const refine = this.#refine.prepare?.(x, n);
    return { ...(base && { base }), ...(refine && { refine }) };
  }

  add(x: Float32Array, n: number, _ids?: Float64Array, { base, refine }: Prepared = {}): void {
    const before = this.ntotal;
    this.#base.add(x, n, undefined, base);
    this.#orTakeBack(before, () => this.#refine.add(x, n, undefined, refine));
  }

  async finish(task: Task): Promise<void> {
    await this.#base.finish?.(task);
    await this.#refine.finish?.(task);
  }

  bytesAQuery(k: number, parameters: NodeParameters): number | undefined {
    const kBase = candidates(k, parameters.kFactor ?? this.#kFactor);
    const base = this.#base.bytesAQuery?.(kBase, { ...parameters, kFactor: undefined });
    return base === undefined ? undefined : base + kBase * this.d * 4;
  }

  dividedNanos(k: number, parameters: NodeParameters): number {
    const kBase = candidates(k, parameters.kFactor ?? this.#kFactor);
    return this.#base.dividedNanos?.(kBase, { ...parameters, kFactor: undefined }) ?? 0;
  }

  search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    const kBase = Math.max(1, Math.min(this.ntotal, candidates(k, parameters.kFactor ?? this.#kFactor)));
    const { filter, sketches: sketched } = parameters;
    const sketches = sketched ? this.#sketches : undefined;
    const base = { ...parameters, kFactor: undefined, sketches: undefined };
    if (this.#base.candidates && this.#refine.rerank && (sketches || !filter)) {
      this.#searchInPlace(x, nq, k, kBase, base, sketches, out);
      return;
    }
    if (sketches) base.ranking = sketches.of(x);
    const found = { distances: new Float32Array(nq * kBase), labels: new Float64Array(nq * kBase) };
    this.#base.search(x, nq, kBase, base, found);
    const heap = new TopK(k, this.metric === 'ip');
    const sign = this.metric === 'ip' ? -1 : 1;
    for (let q = 0; q < nq; q++) {
      const labels = found.labels.subarray(q * kBase, (q + 1) * kBase);
      const distances = this.#distances(x.subarray(q * this.d, (q + 1) * this.d), labels);
      for (let i = 0; i < distances.length; i++) heap.push(sign * distances[i]!, labels[i]!);
      heap.drain(out.distances, out.labels, q * k, missingDistance(this.metric));
    }
  }

  /** Candidates go from one half to the other in kernel memory. */
  #searchInPlace(
    x: Float32Array,
    nq: number,
    k: number,
    kBase: number,
    parameters: NodeParameters,
    sketches: Sketches | undefined,
    out: ResultTable,
  ): void {
    const { d } = this;
    const step = queriesAtOnce(kBase);
    if (this.#counts.length < step) this.#counts = new Uint32Array(step);
    const counts = this.#counts;
    const ids = this.#engine.scratch('refine.ids', Math.min(nq, step) * kBase * 4);
    for (let q0 = 0; q0 < nq; q0 += step) {
      const count = Math.min(step, nq - q0);
      const rows = nq <= step ? x : x.subarray(q0 * d, (q0 + count) * d);
      const base = sketches ? { ...parameters, ranking: sketches.of(rows) } : parameters;
      this.#base.candidates!(rows, count, kBase, base, ids, counts);
      const part =
        nq <= step
          ? out
          : {
              distances: out.distances.subarray(q0 * k, (q0 + count) * k),
              labels: out.labels.subarray(q0 * k, (q0 + count) * k),
            };
      this.#refine.rerank!(rows, count, k, { ids, stride: kBase, counts }, part);
    }
  }

  /** Better distances of one query to the leading labels that are not -1. */
  #distances(x: Float32Array, labels: Float64Array): Float32Array {
    const end = labels.indexOf(-1);
    return distancesTo(this.#refine, x, end < 0 ? labels : labels.subarray(0, end));
  }

  distancesTo(x: Float32Array, ids: Float64Array): Float32Array {
    return distancesTo(this.#refine, x, ids);
  }

  rangeSearch(x: Float32Array, radius: number, parameters: NodeParameters, sink: RangeSink): void {
    const found: number[] = [];
    this.#base.rangeSearch(x, radius, { ...parameters, kFactor: undefined }, (_, id) => found.push(id));
    const distances = this.#distances(x, Float64Array.from(found));
    for (let i = 0; i < distances.length; i++) {
      const v = distances[i]!;
      if (this.metric === 'ip' ? v > radius : v < radius) sink(v, found[i]!);
    }
  }

  reconstruct(id: number, out: Float32Array): boolean {
    return this.#refine.reconstruct(id, out);
  }

  remove(test: (id: number) => boolean): number {
    const keep = keepMask(this.ntotal, test);
    // rows that are elsewhere may not find the room to move: before anything has changed
    const count = this.#refine.remove((at) => keep[at] === 0, true);
    this.#base.remove((at) => keep[at] === 0, true);
    return count;
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, this.#kind);
    assertSame('metric', this.metric, data.metric);
    this.#base.assertMergeable(data.base, this.ntotal);
    this.#refine.assertMergeable(data.refine, this.ntotal);
  }

  merge(data: IndexData): void {
    const other = data as RefineData;
    const before = this.ntotal;
    this.#base.merge(other.base, before);
    this.#orTakeBack(before, () => this.#refine.merge(other.refine, before));
  }

  /** Does the refining half of a change; if that fails, takes from the base what the change put there. */
  #orTakeBack(before: number, change: () => void): void {
    try {
      change();
    } catch (e) {
      this.#base.remove((id) => id >= before, true);
      throw e;
    }
  }

  reset(): void {
    this.#base.reset();
    this.#refine.reset();
  }

  dispose(): void {
    this.#base.dispose?.();
    this.#refine.dispose?.();
  }

  parameters(): Partial<Record<ParameterName, number>> {
    return { ...this.#base.parameters(), kFactor: this.#kFactor };
  }

  setParameter(name: ParameterName, value: number): void {
    if (name === 'kFactor') this.#kFactor = value;
    else this.#base.setParameter(name, value);
  }

  toData(): RefineData | RefinePanoramaData {
    const { d, ntotal, isTrained, metric } = this;
    const header = { d, ntotal, isTrained, metric, metricArg: 0 };
    return {
      kind: this.#kind,
      ...header,
      base: this.#base.toData(),
      refine: this.#refine.toData(),
      kFactor: Math.fround(this.#kFactor),
    };
  }
}

/** `trunc(k · kFactor)` in float32, as faiss computes it. */
function candidates(k: number, kFactor: number): number {
  return Math.max(k, Math.trunc(Math.fround(k * Math.fround(kFactor))));
}

/** Refuses two halves that do not hold the same vectors. */
export function assertHalves(base: IndexNode, refine: RefiningNode): void {
  if (base.ntotal !== refine.ntotal || base.d !== refine.d) {
    throw new LutraError(
      'FORMAT',
      `refine: the base has ${base.ntotal} vectors of ${base.d} dimensions, the refining index ${refine.ntotal} of ${refine.d}`,
      { format: 'faiss', field: 'refine_index' },
    );
  }
}
