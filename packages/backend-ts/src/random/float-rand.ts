import { RandomGenerator } from './mt19937.js';

/** From this length on faiss fills in {@link BLOCKS} blocks, each with a generator of its own. */
const BLOCKS_FROM = 1024;
const BLOCKS = 1024;

function fillBlocks(
  n: number,
  seed: number,
  fill: (random: RandomGenerator, out: Float32Array) => void,
): Float32Array {
  const x = new Float32Array(n);
  const blocks = n < BLOCKS_FROM ? 1 : BLOCKS;
  const seeds = new RandomGenerator(seed);
  const first = seeds.randInt();
  const step = seeds.randInt();
  for (let j = 0; j < blocks; j++) {
    const start = Math.floor((j * n) / blocks);
    const end = Math.floor(((j + 1) * n) / blocks);
    fill(new RandomGenerator(first + j * step), x.subarray(start, end));
  }
  return x;
}

/**
 * `n` float32 uniform in `[0, 1]`, the same as faiss's `float_rand`.
 * @see `faiss/utils/random.cpp`
 */
export function floatRand(n: number, seed: number): Float32Array {
  return fillBlocks(n, seed, (random, out) => {
    for (let i = 0; i < out.length; i++) out[i] = random.randFloat();
  });
}

/**
 * `n` float32 from the standard normal distribution, the same as faiss's `float_randn` but where the logarithms of two
 * C libraries differ in the last bit of a float64 and that carries into the float32.
 * @see Marsaglia & Bray 1964, "A convenient method for generating normal variables"; `faiss/utils/random.cpp`
 */
export function floatRandn(n: number, seed: number): Float32Array {
  return fillBlocks(n, seed, (random, out) => {
    for (let i = 0; i < out.length; i += 2) {
      let a: number;
      let b: number;
      let s: number;
      do {
        a = 2 * random.randDouble() - 1;
        b = 2 * random.randDouble() - 1;
        s = a * a + b * b;
      } while (s >= 1);
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      out[i] = a * scale;
      if (i + 1 < out.length) out[i + 1] = b * scale;
    }
  });
}
