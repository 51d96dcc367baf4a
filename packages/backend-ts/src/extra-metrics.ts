import type { Metric } from '@lutra/core';

/** The distance of x, `(d)`, to the row of `rows` that begins at element `at`, in float64. NaN where it is not defined. */
export type RowDistance = (x: Float32Array, rows: Float32Array, at: number) => number;

/** The metrics beside l2 and ip. */
export type ExtraMetric = Exclude<Metric, 'l2' | 'ip'>;

/** Whether `metric` is none of those that kernels compute. */
export function isExtraMetric(metric: Metric): metric is ExtraMetric {
  return metric !== 'l2' && metric !== 'ip';
}

/** Whether components may be NaN, which then are values that are missing. */
export function takesMissing(metric: Metric): boolean {
  return metric === 'nanEuclidean' || metric === 'gower';
}

/**
 * The distance function of `metric`; `p` is the exponent of lp, of which no root is taken. A term that is 0/0 counts as 0,
 * in canberra and jensenshannon, where faiss gets NaN and never finds the vector.
 * @see faiss/utils/extra_distances.h, checked against faiss 1.15.1
 */
export function rowDistance(metric: ExtraMetric, p: number): RowDistance {
  return metric === 'lp' ? lp(p) : DISTANCES[metric];
}

const DISTANCES: Readonly<Record<Exclude<ExtraMetric, 'lp'>, RowDistance>> = {
  l1(x, rows, at) {
    let sum = 0;
    for (let j = 0; j < x.length; j++) sum += Math.abs(x[j]! - rows[at + j]!);
    return sum;
  },
  linf(x, rows, at) {
    let most = 0;
    for (let j = 0; j < x.length; j++) {
      const difference = Math.abs(x[j]! - rows[at + j]!);
      if (difference > most) most = difference;
    }
    return most;
  },
  canberra(x, rows, at) {
    let sum = 0;
    for (let j = 0; j < x.length; j++) {
      const whole = Math.abs(x[j]!) + Math.abs(rows[at + j]!);
      if (whole !== 0) sum += Math.abs(x[j]! - rows[at + j]!) / whole;
    }
    return sum;
  },
  braycurtis(x, rows, at) {
    let apart = 0;
    let together = 0;
    for (let j = 0; j < x.length; j++) {
      apart += Math.abs(x[j]! - rows[at + j]!);
      together += Math.abs(x[j]! + rows[at + j]!);
    }
    return apart / together;
  },
  jensenshannon(x, rows, at) {
    let sum = 0;
    for (let j = 0; j < x.length; j++) {
      const a = x[j]!;
      const b = rows[at + j]!;
      const middle = 0.5 * (a + b);
      if (a !== 0) sum -= a * Math.log(middle / a);
      if (b !== 0) sum -= b * Math.log(middle / b);
    }
    return 0.5 * sum;
  },
  jaccard(x, rows, at) {
    let both = 0;
    let either = 0;
    for (let j = 0; j < x.length; j++) {
      both += Math.min(x[j]!, rows[at + j]!);
      either += Math.max(x[j]!, rows[at + j]!);
    }
    return both / either;
  },
  nanEuclidean(x, rows, at) {
    let sum = 0;
    let present = 0;
    for (let j = 0; j < x.length; j++) {
      const difference = x[j]! - rows[at + j]!;
      if (Number.isNaN(difference)) continue;
      sum += difference * difference;
      present++;
    }
    return (x.length / present) * sum;
  },
  gower(x, rows, at) {
    let sum = 0;
    let present = 0;
    for (let j = 0; j < x.length; j++) {
      const a = x[j]!;
      const b = rows[at + j]!;
      if (Number.isNaN(a) || Number.isNaN(b)) continue;
      // numbers are scaled to 0 … 1, categories are negative
      if (a >= 0 !== b >= 0 || a > 1 || b > 1) return Number.NaN;
      sum += a >= 0 ? Math.abs(a - b) : a === b ? 0 : 1;
      present++;
    }
    return sum / present;
  },
};

function lp(p: number): RowDistance {
  return (x, rows, at) => {
    let sum = 0;
    for (let j = 0; j < x.length; j++) sum += Math.abs(x[j]! - rows[at + j]!) ** p;
    return sum;
  };
}
