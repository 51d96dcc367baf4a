// Data that the benchmarks make themselves, the same on every machine.

/** Seeded numbers in [0, 1): xorshift128 of Marsaglia 2003, "Xorshift RNGs". */
export function uniform(seed) {
  let [x, y, z, w] = [123456789 ^ seed, 362436069, 521288629, 88675123];
  return () => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return (w >>> 0) / 2 ** 32;
  };
}

/**
 * Rows around `centres` points of a `latent`-dimensional space, turned into `d` dimensions by a fixed random matrix, with
 * a little noise of full dimension: clustered and of low intrinsic dimension, as learned features are.
 * @returns two row-major arrays, `(n, d)` and `(nq, d)`
 */
export function clustered({ n, nq, d, seed = 1, centres = 300, latent = 24 }) {
  const random = uniform(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const matrix = Float64Array.from({ length: latent * d }, () => normal() / Math.sqrt(latent));
  const middle = Float64Array.from({ length: centres * latent }, () => 1.5 * normal());
  const draw = (rows) => {
    const x = new Float32Array(rows * d);
    const z = new Float64Array(latent);
    for (let i = 0; i < rows; i++) {
      const c = Math.floor(random() * centres);
      for (let l = 0; l < latent; l++) z[l] = middle[c * latent + l] + normal();
      for (let j = 0; j < d; j++) {
        let v = 0.1 * normal();
        for (let l = 0; l < latent; l++) v += z[l] * matrix[l * d + j];
        x[i * d + j] = v;
      }
    }
    return x;
  };
  return { base: draw(n), queries: draw(nq) };
}

/** Sets that are made by scripts or given by the user, and how to have them. */
export const sets = {
  speech: { how: 'python3 bench/data/speech.py makes it, or --data speech=FOLDER' },
  glove: { how: 'node bench/data/glove.mjs makes it, or --data glove=FOLDER' },
  mnist: { how: 'node bench/data/mnist.mjs makes it, or --data mnist=FOLDER' },
};
