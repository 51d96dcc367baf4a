// Rounds in turns: every engine is measured once a round, in an order that moves on by one, each time beside the
// calibration loop. Medians of rounds; ratios are taken within a round, so that a slow minute falls on both sides.
import { disturbance } from './calibration.mjs';
import { latencyPercentiles } from './libraries.mjs';

const ATTEMPTS = 4;

export const median = (values) => latencyPercentiles(values, [50]).percentiles.p50;

/**
 * Measures `work` until the calibration loop took no more than `tolerance` longer than at its best, before and after;
 * after a few attempts the least disturbed one counts, and says so.
 */
async function undisturbed(work, tolerance) {
  let best;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = disturbance();
    const result = await work();
    const factor = Math.max(before, disturbance());
    if (best === undefined || factor < best.disturbance) best = { ...result, disturbance: factor };
    if (factor <= 1 + tolerance) break;
  }
  return best;
}

/**
 * `rounds` results of each engine.
 * @param {{ name: string }[]} engines
 * @param {(engine: any) => Promise<{ wall: number, cpu: number }>} work
 * @returns {Promise<Map<string, object[]>>} by name
 */
export async function inTurns(engines, work, { rounds, tolerance }) {
  const results = new Map(engines.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < engines.length; i++) {
      const engine = engines[(i + round) % engines.length];
      results.get(engine.name).push(await undisturbed(() => work(engine), tolerance));
    }
  }
  return results;
}

/** Median seconds of wall and CPU time, latencies in ms, how disturbed the rounds were. */
export function summary(results) {
  const latencies = results.flatMap((r) => r.latencies ?? []);
  const of = (field) => median(results.map((r) => r[field]));
  return {
    wall: of('wall'),
    cpu: of('cpu'),
    ...(latencies.length > 0 && latencyPercentiles(latencies, [50, 99]).percentiles),
    disturbance: of('disturbance'),
    rounds: results.length,
  };
}

/** How many times as long `theirs` took as `ours`: the median over rounds, its least and greatest. */
export function ratio(theirs, ours, field, overhead = 0) {
  const ratios = theirs.map((r, i) => (r[field] - overhead) / ours[i][field]);
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}
