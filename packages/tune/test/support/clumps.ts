import { seededRandom } from '../../src/measure/random.js';

/** `n` rows of dimension `d` around `centres` points, the same for the same seed; the first `n` of a longer set. */
export function clumps(n: number, d: number, seed = 1, centres = 60): Float32Array {
  const random = seededRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const middle = Float64Array.from({ length: centres * d }, normal);
  const x = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const centre = Math.floor(random() * centres);
    for (let j = 0; j < d; j++) x[i * d + j] = middle[centre * d + j]! + 0.8 * normal();
  }
  return x;
}
