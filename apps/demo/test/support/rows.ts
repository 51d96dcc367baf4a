/** Rows `(n, d)` in clumps, the same for the same seed. */
export function clumpedRows(n: number, d: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const clumps = Float32Array.from({ length: 16 * d }, () => 4 * random());
  return Float32Array.from({ length: n * d }, (_, i) => {
    const clump = Math.floor(i / d) % 16;
    return clumps[clump * d + (i % d)]! + random() + random();
  });
}
