import { type AdditiveQuantizerFields, type AdditiveSearchType, LutraError, type Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import { gatherRows, type RowView } from '../../clustering/row-view.js';
import { subsample } from '../../clustering/subsample.js';
import type { Engine } from '../../engine.js';
import { assertSame, assertSameTraining } from '../../invariants.js';
import type { CoarseQuantizer } from '../../nodes/coarse-quantizer.js';
import { residualsOf } from '../../nodes/residuals.js';
import type { Task } from '../../task.js';
import type { VectorCodec } from '../vector-codec.js';
import { type AdditiveEncoder, codebookFloats, decodeIndices } from './additive-encoder.js';
import { additiveFields } from './additive-fields.js';
import { writeBits } from './bit-strings.js';
import { NormCodec } from './norm-codec.js';

/** Vectors that are decoded at once. */
const DECODE_ROWS = 256;

/**
 * An additive quantizer of any kind: a vector, or its residual to a centroid, as a sum of rows of codebooks. Distances come
 * from one table of products a query and the norm that a code holds, or by decoding where it holds none.
 * @see Babenko & Lempitsky 2014, "Additive quantization"; faiss/IndexAdditiveQuantizer.cpp; faiss/IndexIVFAdditiveQuantizer.cpp
 */
export class AdditiveCodec implements VectorCodec {
  readonly d: number;
  readonly metric: Metric;
  readonly codeSize: number;
  readonly byResidual: boolean;
  isTrained = false;
  readonly #engine: Engine;
  readonly #encoder: AdditiveEncoder;
  readonly #norms: NormCodec;
  /** Codes of residuals hold the norms of the vectors, with the centroid, as FastScan wants them. */
  readonly #normsOfWhole: boolean;
  /** As a file has them before training. */
  #untrained: Float32Array = new Float32Array(0);
  /** Codebooks, u32 bits of each, and norms by index, in kernel memory. */
  #books: Ptr = 0;
  readonly #bits: Ptr;
  readonly #values: Ptr;
  #x: Float32Array = new Float32Array(0);
  #bias = 0;
  #lut: Ptr = 0;
  #lutOf: Float32Array | undefined;

  constructor(
    engine: Engine,
    encoder: AdditiveEncoder,
    metric: Metric,
    options: { searchType: AdditiveSearchType; byResidual: boolean; normsOfWhole?: boolean },
    data?: AdditiveQuantizerFields,
  ) {
    this.#engine = engine;
    this.#encoder = encoder;
    this.d = encoder.d;
    this.metric = metric;
    this.byResidual = options.byResidual;
    this.#normsOfWhole = options.byResidual && options.normsOfWhole === true;
    this.#norms = new NormCodec(options.searchType, data);
    const { nbits } = encoder;
    this.codeSize = Math.ceil((nbits.reduce((sum, b) => sum + b, 0) + this.#norms.bits) / 8);
    this.#bits = engine.memory.alloc(nbits.length * 4);
    engine.memory.u32(this.#bits, nbits.length).set(nbits);
    this.#values = engine.memory.alloc(256 * 4);
    if (!data) return;
    if (data.isTrained) this.#setCodebooks(data.codebooks);
    else this.#untrained = data.codebooks.slice();
    this.isTrained = data.isTrained;
  }

  async train(points: RowView, task: Task, coarse?: CoarseQuantizer): Promise<void> {
    this.isTrained = false;
    const sample = coarse ? subsample(points, this.#encoder.maxTrainRows, task.seed) : points;
    const rows = coarse && this.byResidual ? residualsOf(sample, coarse) : sample;
    const x = new Float32Array(rows.n * this.d);
    gatherRows(rows, 0, rows.n, x);
    const codebooks = await this.#encoder.train(x, rows.n, task);
    this.#encoder.load(codebooks);
    const y = decodeIndices(this.#encoder, codebooks, this.#encoder.encode(x, rows.n), rows.n);
    if (coarse && this.#normsOfWhole) addCentroids(y, sample, coarse);
    await this.#norms.train(this.#engine, normsOf(y, rows.n, this.d), task);
    this.#setCodebooks(codebooks);
    for (const prefix of ['kmeans.', 'rq.', 'lsq.', 'matmul.']) this.#engine.release(prefix);
    this.isTrained = true;
  }

  #setCodebooks(codebooks: Float32Array): void {
    const { memory } = this.#engine;
    const n = codebookFloats(this.#encoder);
    if (this.#books === 0) this.#books = memory.alloc(n * 4);
    memory.f32(this.#books, n).set(codebooks.subarray(0, n));
    this.#encoder.load(codebooks.subarray(0, n));
    const values = this.#norms.values();
    memory.f32(this.#values, values.length).set(values);
    this.#lutOf = undefined;
  }

  get #codebooks(): Float32Array {
    const { memory } = this.#engine;
    return this.#books === 0 ? this.#untrained : memory.f32(this.#books, codebookFloats(this.#encoder));
  }

  encode(x: Float32Array, n: number, centroidOf?: (row: number) => Float32Array): Uint8Array {
    const { d } = this;
    const rows = x.slice(0, n * d);
    for (let i = 0; i < n && this.byResidual && centroidOf; i++) {
      const centroid = centroidOf(i);
      for (let j = 0; j < d; j++) rows[i * d + j]! -= centroid[j]!;
    }
    const indices = this.#encoder.encode(rows, n);
    const { nbits } = this.#encoder;
    const M = nbits.length;
    const norms = this.#norms.bits === 0 ? undefined : this.#normsOfIndices(indices, n, centroidOf);
    const codes = new Uint8Array(n * this.codeSize);
    for (let i = 0; i < n; i++) {
      const from = i * this.codeSize;
      let at = 0;
      for (let m = 0; m < M; m++) {
        writeBits(codes, from, at, nbits[m]!, indices[i * M + m]!);
        at += nbits[m]!;
      }
      if (norms) writeBits(codes, from, at, this.#norms.bits, this.#norms.encode(norms[i]!));
    }
    return codes;
  }

  #normsOfIndices(indices: Int32Array, n: number, centroidOf?: (row: number) => Float32Array): Float32Array {
    const { d } = this;
    const y = decodeIndices(this.#encoder, this.#codebooks, indices, n);
    for (let i = 0; i < n && this.#normsOfWhole && centroidOf; i++) {
      const centroid = centroidOf(i);
      for (let j = 0; j < d; j++) y[i * d + j]! += centroid[j]!;
    }
    return normsOf(y, n, d);
  }

  decode(codes: Uint8Array, at: number, out: Float32Array, centroid?: Float32Array): void {
    const { d, codeSize } = this;
    const engine = this.#engine;
    const code = engine.scratch('aq.code', codeSize);
    const y = engine.scratch('aq.vector', d * 4);
    engine.memory.u8(code, codeSize).set(codes.subarray(at, at + codeSize));
    this.#decodeRows(code, 1, y);
    out.set(engine.memory.f32(y, d));
    if (centroid && this.byResidual) for (let j = 0; j < d; j++) out[j]! += centroid[j]!;
  }

  #decodeRows(codes: Ptr, n: number, out: Ptr): void {
    const { nbits, parts } = this.#encoder;
    const dsub = this.d / parts;
    const M = nbits.length;
    this.#engine.kernels.additiveDecode(
      codes,
      n,
      this.codeSize,
      M,
      this.#bits,
      this.#books,
      dsub,
      parts,
      out,
    );
  }

  begin(x: Float32Array): void {
    this.#x = x;
    this.#lutOf = undefined;
  }

  enter(centroid?: Float32Array, distance = 0): void {
    const ip = this.metric === 'ip';
    const around = centroid && this.byResidual;
    if (around && !ip) {
      const residual = this.#x.map((v, j) => v - centroid[j]!);
      this.#fillLut(residual);
      this.#bias = distance;
      return;
    }
    if (this.#lutOf !== this.#x) this.#fillLut(this.#x);
    this.#bias = ip ? (around ? distance : 0) : squaredNorm(this.#x);
  }

  #fillLut(x: Float32Array): void {
    const engine = this.#engine;
    const query = engine.scratchOf('aq.query', x);
    this.#lut = engine.scratch('aq.lut', this.#encoder.nbits.reduce((sum, b) => sum + 2 ** b, 0) * 4);
    this.fillProducts(query, this.#lut);
    this.#lutOf = x;
  }

  /** The products of the query at x, f32 `(d)`, with all rows of the codebooks, f32 to `out`. */
  fillProducts(x: Ptr, out: Ptr): void {
    const { nbits, parts } = this.#encoder;
    const dsub = this.d / parts;
    const each = nbits.length / parts;
    for (let s = 0, done = 0; s < parts; s++) {
      const rows = nbits.slice(s * each, (s + 1) * each).reduce((sum, b) => sum + 2 ** b, 0);
      const books = this.#books + done * dsub * 4;
      this.#engine.kernels.ipNy(x + s * dsub * 4, books, dsub, rows, out + done * 4);
      done += rows;
    }
  }

  scan(codes: Ptr, n: number, out: Ptr): void {
    const { kernels } = this.#engine;
    const { searchType, bits: stored } = this.#norms;
    const ip = this.metric === 'ip';
    if (searchType === 'decompress' && !ip) {
      this.#scanDecoded(codes, n, out);
      return;
    }
    const withNorm = !ip && stored > 0;
    const factor = ip ? 1 : withNorm ? -2 : -1;
    const { nbits } = this.#encoder;
    kernels.additiveScan(
      codes,
      n,
      this.codeSize,
      nbits.length,
      this.#bits,
      this.#lut,
      withNorm ? stored : 0,
      this.#values,
      this.#bias,
      factor,
      out,
    );
  }

  /** Distances to the vectors that codes stand for, where these hold no norm. */
  #scanDecoded(codes: Ptr, n: number, out: Ptr): void {
    const engine = this.#engine;
    const y = engine.scratch('aq.decoded', DECODE_ROWS * this.d * 4);
    const query = engine.scratch('aq.query', this.d * 4);
    for (let start = 0; start < n; start += DECODE_ROWS) {
      const count = Math.min(DECODE_ROWS, n - start);
      this.#decodeRows(codes + start * this.codeSize, count, y);
      engine.kernels.l2sqrNy(query, y, this.d, count, out + 4 * start);
    }
  }

  /** Codebooks of all parts. */
  get books(): number {
    return this.#encoder.nbits.length;
  }

  /** The two tables of 16 that add up to a norm, where that is how codes hold it; else empty. */
  get normTables(): Float32Array {
    return this.#norms.state.normTables;
  }

  /** @throws LutraError `ARGUMENT` unless `data` was trained alike */
  assertSame(data: AdditiveQuantizerFields): void {
    const mine = this.toData();
    assertSame('a quantizer of kind', mine.kind, data.kind);
    assertSame('search type', mine.searchType, data.searchType);
    assertSameTraining('bits', mine.nbits, data.nbits);
    assertSameTraining('the codebooks', mine.codebooks, data.codebooks);
    assertSameTraining('the norms', [mine.normMin, mine.normMax], [data.normMin, data.normMax]);
    assertSameTraining('the centroids of norms', mine.normCentroids, data.normCentroids);
  }

  toData(): AdditiveQuantizerFields {
    const { nbits } = this.#encoder;
    return additiveFields(this.#encoder, {
      d: this.d,
      M: nbits.length,
      nbits: Float64Array.from(nbits),
      isTrained: this.isTrained,
      codebooks: this.#codebooks,
      searchType: this.#norms.searchType,
      ...this.#norms.state,
    });
  }
}

/** Adds to each row of y, `(n, d)`, the centroid that the row of `points` goes to. */
function addCentroids(y: Float32Array, points: RowView, coarse: CoarseQuantizer): void {
  const { n, d } = points;
  const x = new Float32Array(n * d);
  gatherRows(points, 0, n, x);
  const assign = new Uint32Array(n);
  coarse.assign(x, n, assign);
  for (let i = 0; i < n; i++) {
    const centroid = coarse.centroid(assign[i]!);
    for (let j = 0; j < d; j++) y[i * d + j]! += centroid[j]!;
  }
}

function squaredNorm(x: Float32Array): number {
  return x.reduce((sum, v) => sum + v * v, 0);
}

/** `‖y‖²` of each row of y, `(n, d)`. */
function normsOf(y: Float32Array, n: number, d: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => squaredNorm(y.subarray(i * d, (i + 1) * d)));
}

/** @throws LutraError `UNSUPPORTED` for what is not searched here */
export function assertSearched(searchType: AdditiveSearchType): void {
  if (searchType !== 'norm_from_LUT') return;
  throw new LutraError('UNSUPPORTED', 'backend ts does not run additive quantizers with norms from tables', {
    feature: 'ST_norm_from_LUT',
    by: 'ts',
  });
}
