import { type AdditiveSearchType, LutraError } from '@lutra/core';
import { kmeans } from '../../clustering/kmeans.js';
import { viewRows } from '../../clustering/row-view.js';
import type { Engine } from '../../engine.js';
import type { Task } from '../../task.js';
import { LocalSearchEncoder } from './local-search-encoder.js';
import { ResidualEncoder } from './residual-encoder.js';

const NORM_ITERATIONS = 25;
const KSUB = 16;
const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** Bits of a code's norm. */
export function normBits(searchType: AdditiveSearchType): number {
  switch (searchType) {
    case 'norm_float':
      return 32;
    case 'norm_qint4':
    case 'norm_cqint4':
      return 4;
    case 'decompress':
    case 'LUT_nonorm':
    case 'norm_from_LUT':
      return 0;
    default:
      return 8;
  }
}

/** What a file keeps of it. */
export interface NormState {
  readonly normMin: number;
  readonly normMax: number;
  readonly normCentroids: Float32Array;
  readonly normTables: Float32Array;
}

const UNTRAINED: NormState = {
  normMin: Number.NaN,
  normMax: Number.NaN,
  normCentroids: new Float32Array(0),
  normTables: new Float32Array(0),
};

/**
 * How an additive quantizer keeps the squared norm of what a code stands for: not at all, as a float, in equal steps
 * (qint), by the nearest of centroids (cqint; here by Lloyd's algorithm from quantiles, in faiss by an exact one), or by the
 * sum of two of 16 (lsq2x4, rq2x4).
 * @see faiss/impl/AdditiveQuantizer.cpp
 */
export class NormCodec {
  readonly searchType: AdditiveSearchType;
  readonly bits: number;
  state: NormState;

  constructor(searchType: AdditiveSearchType, state: NormState = UNTRAINED) {
    this.searchType = searchType;
    this.bits = normBits(searchType);
    const { normMin, normMax, normCentroids, normTables } = state;
    this.state = { normMin, normMax, normCentroids: normCentroids.slice(), normTables: normTables.slice() };
  }

  /** The norms that indices stand for; empty where codes hold none, or a float. */
  values(): Float32Array {
    const { normMin, normMax, normCentroids } = this.state;
    if (this.searchType !== 'norm_qint8' && this.searchType !== 'norm_qint4') return normCentroids;
    const steps = 2 ** this.bits;
    return Float32Array.from(
      { length: steps },
      (_, i) => ((i + 0.5) / steps) * (normMax - normMin) + normMin,
    );
  }

  /** The bits that stand for `norm`. */
  encode(norm: number): number {
    const { normMin, normMax, normCentroids } = this.state;
    switch (this.searchType) {
      case 'norm_float':
        float[0] = norm;
        return bits[0]!;
      case 'norm_qint8':
      case 'norm_qint4': {
        const steps = 2 ** this.bits;
        const step = Math.floor(((norm - normMin) / (normMax - normMin)) * steps);
        return Math.max(0, Math.min(steps - 1, step || 0));
      }
      default:
        return this.bits === 0 ? 0 : nearest(normCentroids, norm);
    }
  }

  /** Learns from the norms of `norms.length` reconstructed vectors. */
  async train(engine: Engine, norms: Float32Array, task: Task): Promise<void> {
    let [normMin, normMax] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const v of norms) {
      normMin = Math.min(normMin, v);
      normMax = Math.max(normMax, v);
    }
    this.state = { ...UNTRAINED, normMin, normMax };
    if (this.searchType === 'norm_cqint8' || this.searchType === 'norm_cqint4') {
      this.state = { ...this.state, normCentroids: await centroidsOf(engine, norms, 2 ** this.bits, task) };
    }
    if (this.searchType !== 'norm_lsq2x4' && this.searchType !== 'norm_rq2x4') return;
    const encoder =
      this.searchType === 'norm_rq2x4'
        ? new ResidualEncoder(engine, 1, [4, 4])
        : new LocalSearchEncoder(engine, 1, 2, 4);
    const normTables = await encoder.train(norms, norms.length, task);
    const normCentroids = Float32Array.from(
      { length: KSUB * KSUB },
      (_, i) => normTables[i % KSUB]! + normTables[KSUB + Math.floor(i / KSUB)]!,
    );
    this.state = { ...this.state, normTables, normCentroids };
  }
}

function nearest(values: Float32Array, v: number): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if (Math.abs(values[i]! - v) < Math.abs(values[best]! - v)) best = i;
  }
  return best;
}

/** `k` centroids of numbers, ascending. */
async function centroidsOf(engine: Engine, x: Float32Array, k: number, task: Task): Promise<Float32Array> {
  if (x.length < k) {
    throw new LutraError('ARGUMENT', `train: ${x.length} rows for ${k} centroids of norms`, {
      argument: 'x',
      expected: `at least ${k} rows`,
    });
  }
  const sorted = x.slice().sort();
  const initial = Float32Array.from({ length: k }, (_, i) => sorted[Math.floor(((i + 0.5) * x.length) / k)]!);
  const options = {
    ...{ k, niter: NORM_ITERATIONS, seed: task.seed, initial },
    ...{ metric: 'l2' as const, spherical: false, maxPointsPerCentroid: x.length },
  };
  return (await kmeans(engine, viewRows(x, x.length, 1), options, task)).sort();
}
