import type { BinaryIdMapData, IdMapData, IndexData, Metric } from '@lutra/core';
import { countBelow } from '../count-below.js';
import type { Engine } from '../engine.js';
import { IdTable } from '../id-table.js';
import { assertKind, assertShift } from '../invariants.js';
import { IdList } from '../invlists/id-list.js';
import { keepMask } from '../keep-mask.js';
import {
  type IndexNode,
  type NodeParameters,
  type ParameterName,
  type Prepared,
  type RangeSink,
  type ResultTable,
  type Vectors,
  widthOf,
} from '../node.js';
import type { Task } from '../task.js';

type AnyIdMapData = IdMapData | BinaryIdMapData;
type IdMapKind = AnyIdMapData['kind'];

/**
 * IndexIDMap, IndexIDMap2 and their binary forms: the caller's ids in front of an index that counts from 0. Unlike faiss's IDMap both can
 * reconstruct by id, and `add` without ids goes on counting.
 * @see faiss/IndexIDMap.cpp
 */
export class IdMapNode<V extends Vectors = Float32Array> implements IndexNode<V> {
  readonly d: number;
  readonly width: number;
  readonly metric: Metric;
  readonly keepsIds = true;
  readonly #kind: IdMapKind;
  readonly #base: IndexNode<V>;
  readonly #ids: IdList;
  #positions: IdTable | undefined;

  constructor(engine: Engine, kind: IdMapKind, base: IndexNode<V>, ids?: Float64Array) {
    this.#kind = kind;
    this.#base = base;
    this.d = base.d;
    this.width = widthOf(base);
    this.metric = base.metric;
    this.#ids = new IdList(engine);
    if (ids) this.#ids.load(ids);
  }

  get canSketch(): boolean | undefined {
    return this.#base.canSketch;
  }

  get ntotal(): number {
    return this.#base.ntotal;
  }

  get isTrained(): boolean {
    return this.#base.isTrained;
  }

  train(x: V, n: number, task: Task): Promise<void> {
    return this.#base.train(x, n, task);
  }

  reserve(n: number): void {
    this.#base.reserve(n);
  }

  prepare(x: V, n: number): Prepared {
    const base = this.#base.prepare?.(x, n);
    return base ? { base } : {};
  }

  add(x: V, n: number, ids: Float64Array | undefined, { base }: Prepared = {}): void {
    const first = this.ntotal;
    this.#ids.reserve(n);
    this.#base.add(x, n, undefined, base);
    this.#append(ids ?? Float64Array.from({ length: n }, (_, i) => first + i));
  }

  async finish(task: Task): Promise<void> {
    await this.#base.finish?.(task);
  }

  #append(ids: Float64Array, addId = 0): void {
    this.#ids.append(ids, addId);
    this.#positions = undefined;
  }

  bytesAQuery(k: number, parameters: NodeParameters): number | undefined {
    return this.#base.bytesAQuery?.(k, parameters);
  }

  dividedNanos(k: number, parameters: NodeParameters): number {
    return this.#base.dividedNanos?.(k, parameters) ?? 0;
  }

  search(x: V, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    this.#base.search(x, nq, k, this.#translate(parameters), out);
    const ids = this.#ids.values;
    for (let i = 0; i < nq * k; i++) if (out.labels[i]! >= 0) out.labels[i] = ids[out.labels[i]!]!;
  }

  rangeSearch(x: V, radius: number, parameters: NodeParameters, sink: RangeSink): void {
    const ids = this.#ids.values;
    this.#base.rangeSearch(x, radius, this.#translate(parameters), (v, at) => sink(v, ids[at]!));
  }

  #translate(parameters: NodeParameters): NodeParameters {
    const { filter } = parameters;
    if (!filter) return parameters;
    const ids = this.#ids.values;
    return { ...parameters, filter: (at) => filter(ids[at]!) };
  }

  reconstruct(id: number, out: V): boolean {
    this.#positions ??= positionsOf(this.#ids.values);
    const at = this.#positions.get(id);
    return at !== undefined && this.#base.reconstruct(at, out);
  }

  remove(test: (id: number) => boolean, renumber: boolean): number {
    const keep = keepMask(this.#ids.size, test, this.#ids.values);
    const gone = this.#ids.values.filter((_, at) => keep[at] === 0).sort();
    const count = this.#base.remove((at) => keep[at] === 0, true);
    this.#ids.retain(keep);
    if (renumber) this.#ids.map((id) => id - countBelow(gone, id));
    this.#positions = undefined;
    return count;
  }

  assertMergeable(data: IndexData, addId: number): void {
    assertKind(data, this.#kind);
    assertShift(data.ids, addId);
    this.#base.assertMergeable(data.base, this.ntotal);
  }

  merge(data: IndexData, addId: number): void {
    const other = data as AnyIdMapData;
    this.#ids.reserve(other.ids.length);
    this.#base.merge(other.base, this.ntotal);
    this.#append(other.ids, addId);
  }

  reset(): void {
    this.#base.reset();
    this.#ids.clear();
    this.#positions = undefined;
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

  toData(): AnyIdMapData {
    const { d, ntotal, isTrained, metric } = this;
    const header = { d, ntotal, isTrained, metric, metricArg: 0 };
    const own = { ...header, base: this.#base.toData(), ids: this.#ids.values };
    const kind = this.#kind;
    if (kind === 'IdMap' || kind === 'IdMap2') return { kind, ...own };
    return { kind, ...own, codeSize: this.width };
  }
}

function positionsOf(ids: Float64Array): IdTable {
  const table = new IdTable(ids.length);
  for (let i = 0; i < ids.length; i++) table.set(ids[i]!, i);
  return table;
}
