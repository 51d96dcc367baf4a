import type { IndexData, IndexHeader, IvfFields, IvfScalarQuantizerData, Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { RowView } from '../clustering/row-view.js';
import { SCAN_NANOS } from '../division.js';
import type { Engine } from '../engine.js';
import { assertKind, assertSame } from '../invariants.js';
import { ArrayLists } from '../invlists/array-lists.js';
import { ListForms } from '../invlists/list-forms.js';
import type { ProbeTable } from '../probe-table.js';
import { type CodeScanner, createScanner } from '../quantizers/code-scanner.js';
import type { ListCoder } from '../quantizers/list-coder.js';
import { lowByte } from '../quantizers/scalar-codes.js';
import type { ScalarQuantizer } from '../quantizers/scalar-quantizer.js';
import type { Selection } from '../selection.js';
import type { Task } from '../task.js';
import type { ListCodec, Probes } from './list-codec.js';
import { selectFloats } from './select-lists.js';

/** Bytes of a visit of `sqSelect`: codes, norms, centroid, count, first position, base. */
const VISIT_BYTES = 24;
/** Visits after which a list gets the norms of its codes. */
const VISITS = 1;

/**
 * IndexIVFScalarQuantizer: scalar quantizer codes, of the vector or of its residual to the centroid. A code of no bits
 * stands for the centroid itself, at its distance.
 * @see faiss/IndexScalarQuantizer.cpp
 */
export class IvfScalarQuantizerCodec implements ListCodec {
  readonly lists: ArrayLists;
  readonly #engine: Engine;
  readonly #coder: ListCoder<ScalarQuantizer>;
  readonly #metric: Metric;
  #scanner: CodeScanner | undefined;
  #x: Float32Array = new Float32Array(0);
  #probes: Probes | undefined;
  /** Undefined where bounds need none. */
  readonly #norms: ListForms | undefined;

  constructor(engine: Engine, coder: ListCoder<ScalarQuantizer>, nlist: number) {
    this.#engine = engine;
    this.#coder = coder;
    this.#metric = coder.coarse.metric;
    this.lists = new ArrayLists(engine, nlist, coder.quantizer.codeSize);
    const { level } = engine.kernels;
    if (level !== 'scalar' && this.#metric === 'l2' && coder.quantizer.wholeNumbers)
      this.#norms = this.#normsOf();
  }

  get isTrained(): boolean {
    return this.#coder.isTrained;
  }

  nanosAByte(): number {
    return SCAN_NANOS.floats;
  }

  train(points: RowView, task: Task): Promise<void> {
    this.#scanner = undefined;
    this.#norms?.clear();
    return this.#coder.train(points, task);
  }

  encode(x: Float32Array, assign: Uint32Array): Uint8Array {
    return this.#coder.encode(x, assign);
  }

  select(x: Float32Array, probes: ProbeTable, selection: Selection): void {
    const scanner = this.#scannerOf();
    const { code, lines } = scanner;
    if (code === undefined || lines === undefined || this.#wraps) {
      selectFloats(this.#engine, this, x, probes, selection);
      return;
    }
    const engine = this.#engine;
    const { d, codeSize } = this.#coder.quantizer;
    const ip = this.#metric === 'ip';
    const offsets = engine.scratchOf('ivf.sq-offsets', lines.offsets);
    const widths = engine.scratchOf('ivf.sq-widths', lines.widths);
    const scratch = engine.scratch('ivf.sq-select', engine.kernels.scratchSqSelect(selection.k, d));
    for (let q = 0; q < probes.nq; q++) {
      const row = x.subarray(q * d, (q + 1) * d);
      const query = engine.scratchOf('ivf.query', row);
      const product = ip ? Math.fround(row.reduce((sum, v, j) => sum + v * lines.offsets[j]!, 0)) : 0;
      const { visits, count } = this.#visits(q, probes, product);
      engine.kernels.sqSelect(
        code,
        visits,
        count,
        query,
        offsets,
        widths,
        d,
        codeSize,
        ip,
        selection.reservoir(q),
        scratch,
      );
    }
  }

  /** The records of what query q visits, nearest list first. */
  #visits(q: number, probes: ProbeTable, product: number): { visits: Ptr; count: number } {
    const engine = this.#engine;
    const { nprobe } = probes;
    const { coarse, byResidual } = this.#coder;
    const directory = this.lists.directory();
    const visits = engine.scratch('ivf.visits', nprobe * VISIT_BYTES);
    const around = byResidual && this.#metric === 'l2';
    const room = around ? engine.scratch('ivf.centroids', nprobe * coarse.d * 4) : 0;
    let count = 0;
    for (let i = 0; i < nprobe; i++) {
      const rank = probes.nearest[q * nprobe + i]!;
      const n = probes.sizeOf(q, rank);
      if (n === 0) continue;
      const list = probes.listOf(q, rank);
      const norms = this.#norms?.visit(list) ?? 0;
      const centroid = around ? coarse.place(list, room + i * coarse.d * 4) : 0;
      const at = (visits >>> 2) + 6 * count++;
      const { words, floats } = engine;
      words[at] = directory.codes(list);
      words[at + 1] = norms;
      words[at + 2] = centroid;
      words[at + 3] = n;
      words[at + 4] = probes.startOf(q, rank);
      floats[at + 5] = product + (byResidual && !around ? probes.distances[q * nprobe + rank]! : 0);
    }
    return { visits, count };
  }

  /** The squares `|b c|²` of the codes of lists, four bytes a code, which bounds by l2 want. */
  #normsOf(): ListForms {
    const engine = this.#engine;
    const { d, codeSize } = this.#coder.quantizer;
    return new ListForms(engine, this.lists, {
      visits: VISITS,
      bytes: (n) => Math.ceil(n / 4) * 16,
      make: (list, n, at) => {
        const { code, lines } = this.#scannerOf();
        const zeros = engine.scratchOf('ivf.sq-zeros', new Float32Array(d));
        const of = engine.scratchOf('ivf.sq-widths', lines!.widths);
        const codes = this.lists.directory().codes(list);
        engine.kernels.sqL2(code!, zeros, of, codes, codeSize, d, 0, n, at);
      },
    });
  }

  begin(x: Float32Array, probes: Probes): void {
    const scanner = this.#scannerOf();
    this.#x = x;
    this.#probes = probes;
    if (!this.#tablePerList) scanner.prepare(x, this.#table);
  }

  #scannerOf(): CodeScanner {
    this.#scanner ??= createScanner(this.#engine, this.#coder.quantizer, this.#metric);
    return this.#scanner;
  }

  /** Whether distances are those of the query's own residual, list by list. */
  get #tablePerList(): boolean {
    return this.#coder.byResidual && this.#metric === 'l2';
  }

  /**
   * Whether residuals are compared as the bytes that they are cut to, below zero from 255 down: so does faiss where components
   * come in groups of sixteen, and so they are nearer to what they stand for than to bytes read as they are.
   */
  get #wraps(): boolean {
    const { qtype, d } = this.#coder.quantizer;
    return this.#tablePerList && qtype === '8bit_direct' && d % 16 === 0;
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
    if (this.#tablePerList) {
      const residual = this.#coder.residual(this.#x, list);
      this.#scanner!.prepare(this.#wraps ? residual.map(lowByte) : residual, table);
    }
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
