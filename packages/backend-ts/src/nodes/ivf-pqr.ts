import { type IndexData, type IvfPqData, type IvfPqrData, type Metric, missingDistance } from '@lutra/core';
import type { Engine } from '../engine.js';
import { GrowingStore } from '../growing-store.js';
import { assertKind, assertSameQuantizer } from '../invariants.js';
import { keepMask } from '../keep-mask.js';
import type { IndexNode, NodeParameters, ParameterName, Prepared, RangeSink, ResultTable } from '../node.js';
import type { RefinedListQuantizer } from '../quantizers/refined-list-quantizer.js';
import type { Task } from '../task.js';
import { TopK } from '../top-k.js';
import type { IvfNode } from './ivf.js';

const DEFAULT_K_FACTOR = 4;

/**
 * IndexIVFPQR: an IVFPQ whose best `trunc(k · kFactor)` are compared again by a second code of what the first leaves. Second
 * codes lie by id, so vectors count from 0.
 * @see Jégou et al. 2011, "Searching in one billion vectors: re-rank with source coding"; faiss/IndexIVFPQR.cpp
 */
export class IvfPqrNode implements IndexNode {
  readonly d: number;
  readonly metric: Metric;
  readonly keepsIds = false;
  readonly #ivf: IvfNode;
  readonly #quantizer: RefinedListQuantizer;
  readonly #codes: GrowingStore;
  #kFactor: number;

  constructor(engine: Engine, ivf: IvfNode, quantizer: RefinedListQuantizer, stored?: IvfPqrData) {
    this.d = ivf.d;
    this.metric = ivf.metric;
    this.#ivf = ivf;
    this.#quantizer = quantizer;
    this.#kFactor = stored?.kFactor ?? DEFAULT_K_FACTOR;
    this.#codes = new GrowingStore(engine, quantizer.refinePq.codeSize);
    if (stored) this.#codes.load(stored.refineCodes, stored.ntotal);
  }

  get ntotal(): number {
    return this.#codes.size;
  }

  get isTrained(): boolean {
    return this.#ivf.isTrained;
  }

  train(x: Float32Array, n: number, task: Task): Promise<void> {
    return this.#ivf.train(x, n, task);
  }

  foresee(x: Float32Array, n: number, assign?: Uint32Array): void {
    this.#ivf.foresee(x, n, assign);
  }

  listsOf(x: Float32Array, n: number): Uint32Array {
    return this.#ivf.listsOf(x, n);
  }

  reserve(n: number): void {
    this.#ivf.reserve(n);
    this.#codes.reserve(n);
  }

  prepare(x: Float32Array, n: number, assign?: Uint32Array): Prepared {
    const base = this.#ivf.prepare(x, n, assign);
    const rows = x.subarray(0, n * this.d);
    return { base, refine: { codes: this.#quantizer.encodeRest(rows, base.assign!, base.codes!) } };
  }

  add(x: Float32Array, n: number, _ids?: Float64Array, prepared: Prepared = this.prepare(x, n)): void {
    // room first: an allocation that fails leaves both halves in step
    this.#codes.reserve(n);
    this.#ivf.add(x, n, undefined, prepared.base);
    this.#codes.append(prepared.refine!.codes!);
  }

  bytesAQuery(k: number, parameters: NodeParameters): number {
    return this.#ivf.bytesAQuery(k, parameters) + this.#candidates(k, parameters) * this.d * 4;
  }

  #candidates(k: number, parameters: NodeParameters): number {
    const kFactor = Math.fround(parameters.kFactor ?? this.#kFactor);
    return Math.max(k, Math.trunc(Math.fround(k * kFactor)));
  }

  dividedNanos(k: number, parameters: NodeParameters): number {
    return this.#ivf.dividedNanos(k, parameters);
  }

  search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    const kBase = Math.max(1, Math.min(this.ntotal, this.#candidates(k, parameters)));
    const found = { distances: new Float32Array(nq * kBase), labels: new Float64Array(nq * kBase) };
    this.#ivf.search(x, nq, kBase, { ...parameters, kFactor: undefined }, found);
    const heap = new TopK(k, false);
    for (let q = 0; q < nq; q++) {
      const query = x.subarray(q * this.d, (q + 1) * this.d);
      for (let i = q * kBase; i < (q + 1) * kBase && found.labels[i]! >= 0; i++) {
        heap.push(this.#distance(query, found.labels[i]!), found.labels[i]!);
      }
      heap.drain(out.distances, out.labels, q * k, missingDistance(this.metric));
    }
  }

  /** The squared distance of a query to both codes of vector `id`. */
  #distance(x: Float32Array, id: number): number {
    const y = new Float32Array(this.d);
    this.reconstruct(id, y);
    let sum = 0;
    for (let j = 0; j < this.d; j++) {
      const diff = Math.fround(x[j]! - y[j]!);
      sum += diff * diff;
    }
    return Math.fround(sum);
  }

  distancesTo(x: Float32Array, ids: Float64Array): Float32Array {
    return Float32Array.from(ids, (id) => this.#distance(x, id));
  }

  rangeSearch(x: Float32Array, radius: number, parameters: NodeParameters, sink: RangeSink): void {
    const found: number[] = [];
    const base = { ...parameters, kFactor: undefined };
    // whatever the first codes say
    this.#ivf.rangeSearch(x, Number.POSITIVE_INFINITY, base, (_, id) => found.push(id));
    for (const id of found) {
      const distance = this.#distance(x, id);
      if (distance < radius) sink(distance, id);
    }
  }

  reconstruct(id: number, out: Float32Array): boolean {
    if (!this.#ivf.reconstruct(id, out)) return false;
    const rest = new Float32Array(this.d);
    this.#quantizer.refinePq.decode(this.#codes.bytes(), id * this.#codes.recordBytes, rest);
    for (let j = 0; j < this.d; j++) out[j]! += rest[j]!;
    return true;
  }

  remove(test: (id: number) => boolean): number {
    const keep = keepMask(this.ntotal, test);
    this.#ivf.remove((id) => keep[id] === 0, true);
    return this.#codes.retain(keep);
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'IvfPqr');
    this.#ivf.assertMergeable(plain(data), this.ntotal);
    assertSameQuantizer(this.#quantizer.refinePq.toData(), data.refinePq);
  }

  merge(data: IndexData): void {
    const other = data as IvfPqrData;
    this.#codes.reserve(other.ntotal);
    this.#ivf.merge(plain(other), this.ntotal);
    this.#codes.append(other.refineCodes);
  }

  reset(): void {
    this.#ivf.reset();
    this.#codes.clear();
  }

  parameters(): Partial<Record<ParameterName, number>> {
    return { ...this.#ivf.parameters(), kFactor: this.#kFactor };
  }

  setParameter(name: ParameterName, value: number): void {
    if (name === 'kFactor') this.#kFactor = value;
    else this.#ivf.setParameter(name, value);
  }

  toData(): IvfPqrData {
    const ivf = this.#ivf.toData() as IvfPqData;
    return {
      ...ivf,
      kind: 'IvfPqr',
      refinePq: this.#quantizer.refinePq.toData(),
      refineCodes: this.#codes.bytes(),
      kFactor: Math.fround(this.#kFactor),
    };
  }
}

/** The index without its second codes. */
function plain(data: IvfPqrData): IvfPqData {
  return { ...data, kind: 'IvfPq' };
}
