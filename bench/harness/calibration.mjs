// Is the machine disturbed? A loop that needs nothing but one core, timed beside every measurement: when it takes longer
// than it does at best, so did what was measured.

const ITERATIONS = 8_000_000;
let sink = 0;
let best = Infinity;

/** One chain of dependent multiplications: no memory, nothing to overlap. Milliseconds. */
function loop() {
  const start = performance.now();
  let x = 1;
  for (let i = 0; i < ITERATIONS; i++) x = Math.imul(x, 0x9e3779b1) ^ i;
  sink ^= x;
  return performance.now() - start;
}

/** How much longer the loop took than at its best so far: 1 is undisturbed. */
export function disturbance() {
  const took = loop();
  best = Math.min(best, took);
  return took / best;
}

/** Finds the loop's best time; call once before measuring. Milliseconds. */
export function calibrate() {
  for (let i = 0; i < 30; i++) disturbance();
  return { best, iterations: ITERATIONS, sink };
}
