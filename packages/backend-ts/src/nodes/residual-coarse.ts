import {
  type AdditiveFields,
  type IndexData,
  type Metric,
  missingDistance,
  type ResidualCoarseQuantizerData,
  type ResidualQuantizerData,
} from '@lutra/core';
import type { Engine } from '../engine.js';
import { assertKind, assertSame, assertSameTraining } from '../invariants.js';
import type { NodeParameters, ResultTable } from '../node.js';
import { codebookFloats } from '../quantizers/additive/additive-encoder.js';
import { ResidualEncoder } from '../quantizers/additive/residual-encoder.js';
import type { Task } from '../task.js';
import { VirtualCentroids } from './virtual-centroids.js';

/** Partial codes that a search follows for each centroid that is wanted, as faiss's factory has it. */
const BEAM_FACTOR = 4;

type Kept = Omit<AdditiveFields, 'd' | 'M' | 'nbits' | 'isTrained' | 'codebooks'>;
const FRESH: Kept = {
  searchType: 'decompress',
  normMin: Number.NaN,
  normMax: Number.NaN,
  normCentroids: new Float32Array(0),
  normTables: new Float32Array(0),
};

/**
 * ResidualCoarseQuantizer: all sums of a row of each codebook, as the centroids of an IVF. Those near a query are found by
 * following the `k · beamFactor` best partial sums, by l2 whatever the metric, as in faiss; all of them with a factor below 0.
 * @see faiss/IndexAdditiveQuantizer.cpp
 */
export class ResidualCoarseNode extends VirtualCentroids {
  readonly d: number;
  readonly metric: Metric;
  isTrained = false;
  readonly #encoder: ResidualEncoder;
  readonly #beamFactor: number;
  readonly #kept: Kept;
  #codebooks: Float32Array = new Float32Array(0);

  constructor(
    encoder: ResidualEncoder,
    metric: Metric,
    data?: Pick<ResidualCoarseQuantizerData, 'beamFactor' | 'rq' | 'isTrained'>,
  ) {
    super('residual coarse quantizer');
    this.#encoder = encoder;
    this.d = encoder.d;
    this.metric = metric;
    this.#beamFactor = data?.beamFactor ?? BEAM_FACTOR;
    this.#kept = data ? keptOf(data.rq) : FRESH;
    if (!data) return;
    this.isTrained = data.isTrained;
    this.#codebooks = data.rq.codebooks.slice();
    if (this.isTrained) encoder.load(this.#codebooks);
  }

  static fromData(engine: Engine, data: ResidualCoarseQuantizerData): ResidualCoarseNode {
    const encoder = new ResidualEncoder(engine, data.d, [...data.rq.nbits], data.rq);
    return new ResidualCoarseNode(encoder, data.metric, data);
  }

  get ntotal(): number {
    return this.isTrained ? 2 ** this.#encoder.nbits.reduce((sum, b) => sum + b, 0) : 0;
  }

  async train(x: Float32Array, n: number, task: Task): Promise<void> {
    this.isTrained = false;
    this.#codebooks = (await this.#encoder.train(x, n, task)).slice();
    this.isTrained = true;
  }

  search(x: Float32Array, nq: number, k: number, _parameters: NodeParameters, out: ResultTable): void {
    const { ntotal, metric } = this;
    const all = this.#beamFactor < 0;
    const wanted = Math.min(k, ntotal);
    const beam = all ? ntotal : Math.max(wanted, Math.min(Math.trunc(k * this.#beamFactor), ntotal));
    for (let q = 0; q < nq; q++) {
      const query = x.subarray(q * this.d, (q + 1) * this.d);
      const found = this.#encoder.search(query, 1, beam);
      if (all && metric === 'ip') this.#byProduct(query, found, k, out, q * k);
      else this.#first(found, wanted, out, q * k);
      out.distances.fill(missingDistance(metric), q * k + wanted, (q + 1) * k);
      out.labels.fill(-1, q * k + wanted, (q + 1) * k);
    }
  }

  #first(found: Found, n: number, out: ResultTable, at: number): void {
    for (let i = 0; i < n; i++) {
      out.distances[at + i] = found.distances[i]!;
      out.labels[at + i] = this.#labelOf(found.codes, i);
    }
  }

  #byProduct(x: Float32Array, found: Found, k: number, out: ResultTable, at: number): void {
    const y = new Float32Array(this.d);
    const best = Array.from({ length: found.distances.length }, (_, i) => {
      const label = this.#labelOf(found.codes, i);
      this.reconstruct(label, y);
      return { label, product: x.reduce((sum, v, j) => sum + v * y[j]!, 0) };
    }).sort((a, b) => b.product - a.product || b.label - a.label);
    for (const [i, { label, product }] of best.slice(0, k).entries()) {
      out.distances[at + i] = product;
      out.labels[at + i] = label;
    }
  }

  /** The number of code `i`: its indices, the first in the lowest bits. */
  #labelOf(codes: Int32Array, i: number): number {
    const { nbits } = this.#encoder;
    let label = 0;
    let scale = 1;
    for (const [m, bits] of nbits.entries()) {
      label += codes[i * nbits.length + m]! * scale;
      scale *= 2 ** bits;
    }
    return label;
  }

  reconstruct(id: number, out: Float32Array): boolean {
    if (!(id >= 0 && id < this.ntotal)) return false;
    const { d } = this;
    let rest = id;
    let book = 0;
    out.fill(0);
    for (const bits of this.#encoder.nbits) {
      const row = (book + (rest % 2 ** bits)) * d;
      for (let j = 0; j < d; j++) out[j]! += this.#codebooks[row + j]!;
      rest = Math.floor(rest / 2 ** bits);
      book += 2 ** bits;
    }
    return true;
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'ResidualCoarseQuantizer');
    assertSame('d', this.d, data.d);
    assertSameTraining('the codebooks', this.#codebooks, data.rq.codebooks);
  }

  reset(): void {
    this.isTrained = false;
  }

  toData(): ResidualCoarseQuantizerData {
    const { d, ntotal, isTrained, metric } = this;
    const { nbits, fields } = this.#encoder;
    const rq: ResidualQuantizerData = {
      kind: 'RQ',
      ...{ d, M: nbits.length, nbits: Float64Array.from(nbits), isTrained },
      ...{ codebooks: this.#codebooks.subarray(0, codebookFloats(this.#encoder)), ...this.#kept, ...fields },
    };
    const header = { d, ntotal, isTrained, metric, metricArg: 0 };
    return { kind: 'ResidualCoarseQuantizer', ...header, rq, beamFactor: this.#beamFactor };
  }
}

type Found = ReturnType<ResidualEncoder['search']>;

function keptOf({ searchType, normMin, normMax, normCentroids, normTables }: Kept): Kept {
  return {
    ...{ searchType, normMin, normMax },
    ...{ normCentroids: normCentroids.slice(), normTables: normTables.slice() },
  };
}
