import type {
  AdditiveFastScanData,
  AdditiveFastScanFields,
  AdditiveFastScanSpec,
  AdditiveQuantizerFields,
  BlockListsData,
  IvfAdditiveFastScanData,
  Metric,
} from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { gatherRows, type RowView } from '../clustering/row-view.js';
import { subsample } from '../clustering/subsample.js';
import type { Engine } from '../engine.js';
import { KSUB, type TableQuantizer } from '../fast-scan/table-quantizer.js';
import { BlockLists } from '../invlists/block-lists.js';
import { AdditiveCodec, assertSearched } from '../quantizers/additive/additive-codec.js';
import { encoderFrom, encoderOf, searchTypeOf } from '../quantizers/additive/additive-fields.js';
import type { Task } from '../task.js';
import type { CoarseQuantizer } from './coarse-quantizer.js';
import { type FastScanClass, FastScanNode } from './fast-scan.js';
import { type BlockListFields, type FastScanLists, IvfFastScanCodec } from './ivf-fast-scan.js';
import type { Probes } from './list-codec.js';

/** Rows at most whose tables tell how much larger those of the norm are. */
const SCALE_ROWS = 65536;
const ROWS_A_TABLE = 1024 * KSUB;

type OwnFields = Omit<AdditiveFastScanFields, 'implem' | 'bbs' | 'qbs' | 'M2'>;

/**
 * Tables of an additive quantizer of 4 bits: products, for l2 -2 times those and two tables that add up to the norm. What
 * comes of them for l2 is the distance less `‖x‖²` of the query, as in faiss.
 * @see faiss/IndexAdditiveQuantizerFastScan.cpp
 */
class AdditiveTables implements TableQuantizer {
  readonly codec: AdditiveCodec;
  readonly M: number;
  readonly #engine: Engine;
  readonly #metric: Metric;
  readonly #rescale: boolean;
  #scale: number;

  constructor(
    engine: Engine,
    codec: AdditiveCodec,
    { rescaleNorm, normScale }: Pick<AdditiveFastScanFields, 'rescaleNorm' | 'normScale'>,
  ) {
    this.#engine = engine;
    this.codec = codec;
    this.#metric = codec.metric;
    this.M = codec.books + (codec.metric === 'l2' ? 2 : 0);
    this.#rescale = rescaleNorm;
    this.#scale = normScale;
  }

  get d(): number {
    return this.codec.d;
  }

  get codeSize(): number {
    return this.codec.codeSize;
  }

  get isTrained(): boolean {
    return this.codec.isTrained;
  }

  get normScale(): number {
    return this.#rescale && this.#metric === 'l2' ? this.#scale : 1;
  }

  async train(points: RowView, task: Task, coarse?: CoarseQuantizer): Promise<void> {
    this.#scale = 1;
    await this.codec.train(points, task, coarse);
    if (this.#metric === 'l2') this.#scale = this.#estimateScale(subsample(points, SCALE_ROWS, task.seed));
  }

  /** The mean, over rows as queries, of the largest span of the norm's tables over that of the products'. */
  #estimateScale(points: RowView): number {
    const { M, d } = this;
    const engine = this.#engine;
    const lut = engine.scratch('fs.lut', M * KSUB * 4);
    const x = new Float32Array(d);
    const norm = largestSpan(this.codec.normTables, 0, 2);
    let sum = 0;
    for (let i = 0; i < points.n; i++) {
      gatherRows(points, i, 1, x);
      this.fillLut(this.#metric, engine.scratchOf('fs.query', x), lut);
      sum += norm / largestSpan(engine.floats, lut / 4, M - 2);
    }
    const mean = sum / points.n;
    return Number.isFinite(mean) ? Math.round(Math.max(mean, 1)) : 1;
  }

  encode(x: Float32Array, n: number): Uint8Array {
    return this.codec.encode(x, n);
  }

  decode(codes: Uint8Array, at: number, out: Float32Array): void {
    this.codec.decode(codes, at, out);
  }

  fillLut(metric: Metric, x: Ptr, lut: Ptr): void {
    this.codec.fillProducts(x, lut);
    if (metric === 'ip') return;
    const { floats } = this.#engine;
    const norms = this.codec.normTables;
    const at = lut / 4;
    const end = at + this.codec.books * KSUB;
    for (let i = at; i < end; i++) floats[i]! *= -2;
    for (let i = 0; i < norms.length; i++) floats[end + i] = norms[i]! / this.normScale;
  }

  get fields(): OwnFields {
    const { M, codec } = this;
    return {
      aq: codec.toData(),
      ...{ M, nbits: 4, ksub: KSUB, codeSize: codec.codeSize },
      ...{ rescaleNorm: this.#rescale, normScale: this.#scale, maxTrainPoints: ROWS_A_TABLE * M },
    };
  }
}

function largestSpan(tables: Float32Array, at: number, M: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let m = 0; m < M; m++) {
    const table = tables.subarray(at + m * KSUB, at + (m + 1) * KSUB);
    largest = Math.max(largest, Math.max(...table) - Math.min(...table));
  }
  return largest;
}

/** The quantizer of a spec. */
function codecOf(
  engine: Engine,
  spec: AdditiveFastScanSpec,
  d: number,
  metric: Metric,
  byResidual: boolean,
): AdditiveCodec {
  const encoder = encoderOf(engine, d, { ...spec, parts: [[spec.M, 4]] });
  const options = { searchType: searchTypeOf(spec.norm, metric), byResidual, normsOfWhole: true };
  return new AdditiveCodec(engine, encoder, metric, options);
}

/** The quantizer of a file. */
function codecFrom(
  engine: Engine,
  aq: AdditiveQuantizerFields,
  metric: Metric,
  byResidual: boolean,
): AdditiveCodec {
  assertSearched(aq.searchType);
  const options = { searchType: aq.searchType, byResidual, normsOfWhole: true };
  return new AdditiveCodec(engine, encoderFrom(engine, aq), metric, options, aq);
}

function node(
  engine: Engine,
  tables: AdditiveTables,
  options: Pick<AdditiveFastScanFields, 'bbs'> | AdditiveFastScanData,
): FastScanNode<AdditiveFastScanData> {
  const own: FastScanClass<AdditiveFastScanData> = {
    kind: 'AdditiveFastScan',
    quantizer: tables,
    assertMergeable: (data) => tables.codec.assertSame(data.aq),
    toData: (header, fields) => ({ kind: 'AdditiveFastScan', ...header, ...fields, ...tables.fields }),
  };
  const stored = 'kind' in options ? options : undefined;
  return new FastScanNode(engine, own, tables.codec.metric, options, stored);
}

/** IndexResidualQuantizerFastScan and its like, empty and untrained. */
export function createAdditiveFastScan(
  engine: Engine,
  spec: AdditiveFastScanSpec,
  d: number,
  metric: Metric,
): FastScanNode<AdditiveFastScanData> {
  const codec = codecOf(engine, spec, d, metric, false);
  const { bbs } = spec;
  return node(engine, new AdditiveTables(engine, codec, { rescaleNorm: true, normScale: 1 }), { bbs });
}

/** The same in the state of `data`. */
export function loadAdditiveFastScan(
  engine: Engine,
  data: AdditiveFastScanData,
): FastScanNode<AdditiveFastScanData> {
  return node(engine, new AdditiveTables(engine, codecFrom(engine, data.aq, data.metric, false), data), data);
}

/** Products of the query at x with the centroids of the probed lists, times -2 for l2. */
function coarseProducts(
  engine: Engine,
  coarse: CoarseQuantizer,
  x: Ptr,
  { count, lists }: Probes,
): Float32Array {
  const { d, metric } = coarse;
  const factor = metric === 'ip' ? 1 : -2;
  return Float32Array.from({ length: count }, (_, rank) => {
    const centroid = coarse.centroid(lists[rank]!);
    const query = engine.memory.f32(x, d);
    let sum = 0;
    for (let j = 0; j < d; j++) sum += query[j]! * centroid[j]!;
    return factor * sum;
  });
}

function listsOf(
  engine: Engine,
  coarse: CoarseQuantizer,
  tables: AdditiveTables,
  lists: BlockLists,
  options: { implem?: number; qbs?: number; qbs2?: number } = {},
): IvfFastScanCodec<IvfAdditiveFastScanData> {
  const { codec, M } = tables;
  const { metric, byResidual } = codec;
  const qbs = options.qbs ?? 0;
  const own: FastScanLists<IvfAdditiveFastScanData> = {
    ...{ kind: 'IvfAdditiveFastScan', M, byResidual },
    get isTrained() {
      return tables.isTrained;
    },
    train: (points, task) => tables.train(points, task, coarse),
    encode: (x, assign) => codec.encode(x, assign.length, (i) => coarse.centroid(assign[i]!)),
    decode: (from, list, offset, out) => {
      const code = new Uint8Array(codec.codeSize);
      from.readCode(list, offset, code);
      codec.decode(code, 0, out, coarse.centroid(list));
    },
    fillLut: (x, lut) => tables.fillLut(metric, x, lut),
    bias: (x, probes) => (byResidual ? coarseProducts(engine, coarse, x, probes) : undefined),
    assertMergeable: (data) => codec.assertSame(data.aq),
    toData: (header, fields: BlockListFields) => ({
      kind: 'IvfAdditiveFastScan',
      ...header,
      ...fields,
      ...tables.fields,
      qbs,
    }),
  };
  return new IvfFastScanCodec(engine, own, metric, lists, options);
}

/** The lists of an IndexIVFResidualQuantizerFastScan and its like. @see faiss/IndexIVFAdditiveQuantizerFastScan.cpp */
export function createAdditiveFastScanLists(
  engine: Engine,
  spec: AdditiveFastScanSpec & { readonly residual: boolean },
  coarse: CoarseQuantizer,
  nlist: number,
): IvfFastScanCodec<IvfAdditiveFastScanData> {
  const codec = codecOf(engine, spec, coarse.d, coarse.metric, spec.residual);
  const tables = new AdditiveTables(engine, codec, { rescaleNorm: false, normScale: 1 });
  const lists = new BlockLists(engine, nlist, spec.bbs, tables.M + (tables.M % 2), codec.codeSize);
  return listsOf(engine, coarse, tables, lists);
}

/** The same for `data`, with its entries. */
export function loadAdditiveFastScanLists(
  engine: Engine,
  data: IvfAdditiveFastScanData,
  coarse: CoarseQuantizer,
  invlists: BlockListsData,
): IvfFastScanCodec<IvfAdditiveFastScanData> {
  const codec = codecFrom(engine, data.aq, data.metric, data.byResidual);
  const lists = BlockLists.fromData(engine, invlists, data.M2, codec.codeSize);
  return listsOf(engine, coarse, new AdditiveTables(engine, codec, data), lists, data);
}
