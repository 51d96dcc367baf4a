import type { IndexData, IndexHeader, IvfFields, IvfScalarQuantizerData, Metric } from '@lutra/core';
import { FLOAT_KEYS } from '@lutra/kernels';
import type { RowView } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { assertKind, assertSame } from '../invariants.js';
import { ArrayLists } from '../invlists/array-lists.js';
import type { ProbeTable } from '../probe-table.js';
import { type CodeScanner, createScanner } from '../quantizers/code-scanner.js';
import type { ListCoder } from '../quantizers/list-coder.js';
import type { ScalarQuantizer } from '../quantizers/scalar-quantizer.js';
import { floatDistance, type Selection } from '../selection.js';
import type { Task } from '../task.js';
import type { ListCodec, Probes } from './list-codec.js';
import { selectFloats } from './select-lists.js';

/**
 * IndexIVFScalarQuantizer: scalar quantizer codes, of the vector or of its residual to the centroid. A code of no bits
 * stands for the centroid itself, at its distance.
 * @see faiss/IndexScalarQuantizer.cpp
 */
export class IvfScalarQuantizerCodec implements ListCodec {
  readonly lists: ArrayLists;
  readonly visitsByNumber = false;
  readonly keys: number = FLOAT_KEYS;
  readonly #engine: Engine;
  readonly #coder: ListCoder<ScalarQuantizer>;
  readonly #metric: Metric;
  readonly #distance: (key: number) => number;
  #scanner: CodeScanner | undefined;
  #x: Float32Array = new Float32Array(0);
  #probes: Probes | undefined;

  constructor(engine: Engine, coder: ListCoder<ScalarQuantizer>, nlist: number) {
    this.#engine = engine;
    this.#coder = coder;
    this.#metric = coder.coarse.metric;
    this.#distance = floatDistance(this.#metric);
    this.lists = new ArrayLists(engine, nlist, coder.quantizer.codeSize);
  }

  get isTrained(): boolean {
    return this.#coder.isTrained;
  }

  train(points: RowView, task: Task): Promise<void> {
    this.#scanner = undefined;
    return this.#coder.train(points, task);
  }

  encode(x: Float32Array, assign: Uint32Array): Uint8Array {
    return this.#coder.encode(x, assign);
  }

  add(
    x: Float32Array,
    assign: Uint32Array,
    ids: Float64Array,
    codes: Uint8Array = this.encode(x, assign),
  ): void {
    this.lists.append(codes, assign, ids);
  }

  select(x: Float32Array, probes: ProbeTable, selection: Selection): void {
    selectFloats(this.#engine, this, x, probes, selection);
  }

  distance(_: number, key: number): number {
    return this.#distance(key);
  }

  begin(x: Float32Array, probes: Probes): void {
    this.#scanner ??= createScanner(this.#engine, this.#coder.quantizer, this.#metric);
    this.#x = x;
    this.#probes = probes;
    if (!this.#tablePerList) this.#scanner.prepare(x, this.#table);
  }

  /** Whether distances are those of the query's own residual, list by list. */
  get #tablePerList(): boolean {
    return this.#coder.byResidual && this.#metric === 'l2';
  }

  get #table(): number {
    return this.#engine.scratch('ivf.sq-table', this.#scanner!.tableBytes);
  }

  scan(rank: number): Float32Array {
    const probes = this.#probes!;
    const list = probes.lists[rank]!;
    const n = this.lists.directory().size(list);
    const out = this.#engine.scratch('ivf.values', n * 4);
    const table = this.#table;
    if (this.#tablePerList) this.#scanner!.prepare(this.#coder.residual(this.#x, list), table);
    this.#scanner!.scan(
      table,
      this.#base(rank),
      { codes: this.lists.directory().codes(list), ids: 0, n },
      out,
    );
    return this.#engine.memory.f32(out, n);
  }

  /** What all entries of a list have in common: a product with its centroid, or all there is of codes of no bits. */
  #base(rank: number): number {
    const { byResidual, quantizer } = this.#coder;
    const added = quantizer.codeSize === 0 || (byResidual && this.#metric === 'ip');
    return added ? this.#probes!.distances[rank]! : 0;
  }

  convert(): undefined {
    return undefined;
  }

  decode(list: number, offset: number, out: Float32Array): void {
    if (this.#coder.quantizer.codeSize === 0) out.set(this.#coder.coarse.centroid(list));
    else this.#coder.decode(this.lists, list, offset, out);
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'IvfScalarQuantizer');
    assertSame('by_residual', this.#coder.byResidual, data.byResidual);
    this.#coder.quantizer.assertSame(data.sq);
  }

  toData(header: IndexHeader, fields: Omit<IvfFields, 'invlists'>): IvfScalarQuantizerData {
    const { byResidual, quantizer } = this.#coder;
    const { codeSize } = quantizer;
    const invlists = this.lists.toData();
    const sq = quantizer.toData();
    return { kind: 'IvfScalarQuantizer', ...header, ...fields, sq, codeSize, byResidual, invlists };
  }
}
