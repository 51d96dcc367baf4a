import { RandomGenerator } from '../src/random/index.js';

/**
 * `n` rows of `d` around random centres, seeded: Gaussian-like sums of uniforms. Different `rows` draw other rows around
 * the same centres.
 */
export function clusters(
  n: number,
  d: number,
  options: { seed?: number; centers?: number; spread?: number; rows?: number } = {},
): Float32Array {
  const { seed = 1, centers = 20, spread = 0.5, rows = 0 } = options;
  const random = new RandomGenerator(seed);
  const normal = () => random.randDouble() + random.randDouble() + random.randDouble() - 1.5;
  const centre = Float32Array.from({ length: centers * d }, normal);
  const other = new RandomGenerator(seed * 1000 + rows + 1);
  const noise = () => other.randDouble() + other.randDouble() + other.randDouble() - 1.5;
  const x = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const c = other.randIntMax(centers) * d;
    for (let j = 0; j < d; j++) x[i * d + j] = centre[c + j]! + spread * noise();
  }
  return x;
}

/** Rows of `width` bytes around 12 centres, a few bits off each: near ones, far ones, and many ties. */
export function words(n: number, seed: number, width: number): Uint8Array {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  let center = 1;
  const centers = Uint8Array.from({ length: 12 * width }, () => {
    center = (Math.imul(center, 1664525) + 1013904223) >>> 0;
    return center >>> 24;
  });
  const x = new Uint8Array(n * width);
  for (let i = 0; i < n; i++) {
    const from = Math.floor(random() * 12) * width;
    x.set(centers.subarray(from, from + width), i * width);
    for (let flips = 8; flips > 0; flips--) {
      const bit = Math.floor(random() * width * 8);
      x[i * width + (bit >>> 3)]! ^= 1 << (bit & 7);
    }
  }
  return x;
}
