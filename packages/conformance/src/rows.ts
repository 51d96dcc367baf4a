import type { Metric, RowRange, RowSource } from '@lutra/core';

/** A seeded source of uniform numbers in [0, 1). @see Steele and Vigna 2021, mulberry32's finaliser */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Metrics that compare shares or counts: their rows must not be negative. */
const OF_SHARES: readonly Metric[] = ['jensenshannon', 'braycurtis', 'canberra', 'jaccard'];

const CENTRES = 12;

/** Dimensions that the rows really have; wider rows repeat each, so that codes of one length say as much of them. */
const LATENT = 16;

/**
 * `n` rows `(n, d)` around random centres. Squared distances are of the order of 100, far from their roots, and inner
 * products far from cosines, whatever `d`. Another `draw` gives other rows around the same centres.
 */
export function clusters(
  n: number,
  options: { d: number; seed: number; draw: number; metric: Metric },
): Float32Array<ArrayBuffer> {
  const { d, seed, draw, metric } = options;
  const normal = (random: () => number): number => 2 * (random() + random() + random() - 1.5);
  const forCentres = uniform(seed);
  const centres = Float32Array.from({ length: CENTRES * LATENT }, () => 4 * normal(forCentres));
  const random = uniform(seed * 7919 + draw * 104729 + 1);
  const repeats = d / LATENT;
  const x = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const centre = Math.floor(random() * CENTRES) * LATENT;
    for (let j = 0; j < LATENT; j++) {
      const value = centres[centre + j]! + 2 * normal(random);
      for (let r = 0; r < repeats; r++) {
        const at = i * d + j * repeats + r;
        x[at] = (value + (repeats > 1 ? 0.2 * normal(random) : 0)) / Math.sqrt(repeats);
        if (OF_SHARES.includes(metric)) x[at] = Math.abs(x[at]!);
      }
    }
  }
  return x;
}

/** `x` as a stream of blocks of `rows` rows. */
export async function* stream(x: Float32Array, d: number, rows = 64): AsyncGenerator<Float32Array> {
  for (let at = 0; at < x.length; at += rows * d) yield x.slice(at, at + rows * d);
}

/** `x` as a source that can be read again and in ranges, and that uses one buffer for all blocks, as it may. */
export function source(x: Float32Array, d: number, rows = 64): RowSource {
  const n = x.length / d;
  return {
    shape: [n, d],
    async *blocks({ start = 0, end = n, blockRows = rows }: RowRange = {}) {
      const buffer = new Float32Array(Math.min(blockRows, rows) * d);
      for (let at = start * d; at < end * d; at += buffer.length) {
        const part = x.subarray(at, Math.min(at + buffer.length, end * d));
        buffer.set(part);
        yield buffer.subarray(0, part.length);
      }
    },
  };
}

/** A promise and its key. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
