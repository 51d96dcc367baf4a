/** A seeded source of numbers in [0, 1): mulberry32. For choosing samples and orders, nothing else. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` different whole numbers below `n`, ascending; all of them if there are no more. */
export function sampleBelow(n: number, count: number, seed: number): Float64Array {
  if (count >= n) return Float64Array.from({ length: n }, (_, i) => i);
  const random = seededRandom(seed);
  const chosen = new Set<number>();
  // Floyd's: every subset is equally likely, and nothing of size n is held
  for (let j = n - count; j < n; j++) {
    const t = Math.floor(random() * (j + 1));
    chosen.add(chosen.has(t) ? j : t);
  }
  return Float64Array.from(chosen).sort();
}

/** The numbers below `n` in a seeded order. */
export function shuffledBelow(n: number, random: () => number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
