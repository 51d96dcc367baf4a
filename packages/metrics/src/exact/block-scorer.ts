import { type DistanceBlock, type ExactMetric, innerProductBlock } from './distance-block.js';

/** Approximate scores of queries against one block of base rows at a time, with a bound on their error. */
export interface BlockScorer {
  /** Takes up to `blockRows` rows `(nb, d)`; they must hold until the next call. */
  setBase(base: Float32Array): void;
  /**
   * Scores of group `group` of queries against the base rows: `[i * nb + j]`, smaller is nearer, in an array that
   * the next call writes over.
   */
  score(group: number): Float32Array | Float64Array;
  /** No score of a row of norm up to `baseNorm` is further than this from the exact one, unless it is not finite. */
  error(queryNorm: number, baseNorm: number): number;
}

/** What both scorers are made from. `groups` are the queries in blocks of up to `groupRows` rows. */
export interface ScorerInput {
  readonly groups: readonly Float32Array[];
  readonly groupRows: number;
  readonly blockRows: number;
  readonly d: number;
  readonly metric: ExactMetric;
}

/**
 * Scores in float64: inner products, and for l2 the expansion |q|² − 2qb + |b|². Each of the three sums of d products
 * is off by at most d·2^-53 of (|q|+|b|)²; the factor below is more than twice what they add up to.
 */
export class Float64Scorer implements BlockScorer {
  readonly #input: ScorerInput;
  readonly #queries: Float64Array;
  readonly #base: Float64Array;
  readonly #baseSquares: Float64Array;
  readonly #out: Float64Array;
  #nb = 0;

  constructor(input: ScorerInput) {
    const { groupRows, blockRows, d } = input;
    this.#input = input;
    this.#queries = new Float64Array(groupRows * d);
    this.#base = new Float64Array(blockRows * d);
    this.#baseSquares = new Float64Array(blockRows);
    this.#out = new Float64Array(groupRows * blockRows);
  }

  setBase(base: Float32Array): void {
    const { d, metric } = this.#input;
    this.#nb = base.length / d;
    this.#base.set(base);
    if (metric === 'l2') for (let j = 0; j < this.#nb; j++) this.#baseSquares[j] = square(base, j * d, d);
  }

  score(group: number): Float64Array {
    const { groups, d, metric } = this.#input;
    const queries = groups[group]!;
    const nq = queries.length / d;
    const nb = this.#nb;
    const out = this.#out;
    this.#queries.set(queries);
    innerProductBlock(this.#queries, nq, this.#base, nb, d, out);
    for (let i = 0; i < nq; i++) {
      const offset = i * nb;
      if (metric === 'ip') {
        for (let j = 0; j < nb; j++) out[offset + j] = -out[offset + j]!;
      } else {
        const q2 = square(queries, i * d, d);
        for (let j = 0; j < nb; j++) out[offset + j] = q2 + this.#baseSquares[j]! - 2 * out[offset + j]!;
      }
    }
    return out;
  }

  error(queryNorm: number, baseNorm: number): number {
    return (this.#input.d + 8) * 2 ** -51 * (queryNorm + baseNorm) ** 2;
  }
}

/**
 * Scores by a {@link DistanceBlock}, taken at its word: off by at most `relativeError · (|q|+|b|)²`, and by what
 * products lose that are too small for float32 (2^-126 each where subnormals are flushed to zero).
 */
export class InjectedScorer implements BlockScorer {
  readonly #input: ScorerInput;
  readonly #compute: DistanceBlock;
  readonly #relativeError: number;
  readonly #out: Float32Array;
  #base: Float32Array = new Float32Array(0);

  constructor(input: ScorerInput, compute: DistanceBlock, relativeError: number) {
    this.#input = input;
    this.#compute = compute;
    this.#relativeError = relativeError;
    this.#out = new Float32Array(input.groupRows * input.blockRows);
  }

  setBase(base: Float32Array): void {
    this.#base = base;
  }

  score(group: number): Float32Array {
    const { groups, d, metric } = this.#input;
    const queries = groups[group]!;
    const out = this.#out.subarray(0, (queries.length / d) * (this.#base.length / d));
    this.#compute(queries, this.#base, d, out);
    if (metric === 'ip') for (let i = 0; i < out.length; i++) out[i] = -out[i]!;
    return out;
  }

  error(queryNorm: number, baseNorm: number): number {
    return this.#relativeError * (queryNorm + baseNorm) ** 2 + (this.#input.d + 8) * 2 ** -123;
  }
}

function square(x: Float32Array, start: number, d: number): number {
  let sum = 0;
  for (let i = start; i < start + d; i++) sum += x[i]! * x[i]!;
  return sum;
}
