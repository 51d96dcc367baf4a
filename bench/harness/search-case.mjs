// Searches of one index file, or of indexes that the engines built, side by side.
import { start } from './engines.mjs';
import { recallAtK } from './libraries.mjs';
import { inTurns, ratio, summary } from './rounds.mjs';

export const K = 10;
const BATCH = 1000;
/** What the slowest engine spends on a round, at least, in passes over all queries. */
const ROUND_SECONDS = 0.3;

const request = (data, setting, mode) => ({
  queries: data.queries,
  nq: data.nq,
  k: K,
  setting,
  mode,
  batch: data.batch ?? BATCH,
  warmup: mode === 'batch' ? 0 : Math.min(100, data.nq),
});

/** What an engine finds at a setting, its recall@10, and the seconds that it took. */
export async function found(engine, data, setting, mode) {
  const { labels, wall } = await engine.call('search', { ...request(data, setting, mode), labels: true });
  const { truth } = data;
  const known = { labels: labels.slice(0, truth.nq * K), nq: truth.nq, k: K };
  return { labels, wall, recall: recallAtK(known, truth, { k: K }) };
}

/** The part of all places of two label tables that hold the same label. */
const sameLabels = (a, b) => a.filter((label, i) => label === b[i]).length / a.length;

/** Seconds of CPU that one pass takes at its best of three. */
async function cost(engine, data, setting, mode) {
  const passes = [];
  for (let i = 0; i < 3; i++) passes.push((await engine.call('search', request(data, setting, mode))).cpu);
  return Math.min(...passes);
}

/** Searches along one list of settings, from cheap to dear: the first that reaches `target`, or the best there is. */
async function along(engine, data, settings, target, mode) {
  let best = { recall: -1 };
  let flat = 0;
  for (const setting of settings) {
    const { recall } = await found(engine, data, setting, mode);
    if (recall >= target) return { setting, recall, reached: true };
    flat = recall > best.recall + 0.001 ? 0 : flat + 1;
    if (recall > best.recall) best = { setting, recall, reached: false };
    if (flat === 4) break;
  }
  return best;
}

/**
 * The cheapest setting that reaches `target`, or the one of the best recall when none does. Each lane is a list of
 * settings from cheap to dear; where several lanes get there, their first settings to do so are timed.
 */
export async function cheapest(engine, data, lanes, target, mode) {
  const ends = [];
  for (const settings of lanes) ends.push(await along(engine, data, settings, target, mode));
  const reached = ends.filter((end) => end.reached);
  if (reached.length === 0) return ends.reduce((a, b) => (b.recall > a.recall ? b : a));
  if (reached.length === 1) return reached[0];
  for (const end of reached) end.cost = await cost(engine, data, end.setting, mode);
  return reached.reduce((a, b) => (b.cost < a.cost ? b : a));
}

/** Starts all engines; those that fail are told, not hidden. */
export async function startAll(hows, failures) {
  const engines = [];
  for (const how of hows) {
    try {
      engines.push(await start(how));
    } catch (e) {
      failures.push({ engine: (await how)?.name ?? 'engine', reason: e.message });
    }
  }
  return engines;
}

/**
 * Rows of the report for engines that are open: each at its setting, in each mode, in turns.
 * @param {Map<string, { setting: object }>} settings - by engine
 * @param {{ reference?: string }} options - the engine that ratios are taken of
 */
export async function measure(engines, data, settings, modes, options) {
  const rows = [];
  for (const mode of modes) {
    const able = engines.filter((e) => mode !== 'python' || e.about.engine === 'faiss');
    const labels = new Map();
    for (const e of able) labels.set(e.name, await found(e, data, settings.get(e.name).setting, mode));
    const repeats = Math.ceil(ROUND_SECONDS / Math.max(...[...labels.values()].map(({ wall }) => wall)));
    const results = await inTurns(
      able,
      (e) => e.call('search', { ...request(data, settings.get(e.name).setting, mode), repeats }),
      options,
    );
    const reference = able.find((e) => e.name === options.reference);
    const overhead = reference && (await reference.call('overhead', { setting: {} })).seconds;
    for (const engine of able) {
      const { setting } = settings.get(engine.name);
      const { recall } = labels.get(engine.name);
      const { wall, cpu, ...rest } = summary(results.get(engine.name));
      const calls = mode === 'batch' ? Math.ceil(data.nq / (data.batch ?? BATCH)) : data.nq;
      const row = { mode, ...identity(engine), setting, recall, ...rest };
      row.qps = data.nq / wall;
      row.microseconds = { wall: (1e6 * wall) / data.nq, cpu: (1e6 * cpu) / data.nq };
      if (engine === reference) row.callOverhead = 1e6 * overhead;
      else if (reference) {
        const [theirs, ours] = [results.get(reference.name), results.get(engine.name)];
        row.sameLabels = sameLabels(labels.get(engine.name).labels, labels.get(reference.name).labels);
        const net = mode === 'python' ? 0 : overhead * calls;
        row.ratio = { wall: ratio(theirs, ours, 'wall', net), cpu: ratio(theirs, ours, 'cpu', net) };
      }
      rows.push(row);
    }
  }
  return rows;
}

export const identity = ({ name, about }) => ({
  name,
  engine: about.engine,
  version: about.version,
  level: about.level,
  runtime: about.runtime,
});

export async function withMemory(rows, engines) {
  for (const engine of engines) {
    const memory = await engine.call('memory');
    for (const row of rows) if (row.name === engine.name) row.memory = memory;
  }
  return rows;
}

export const closeAll = (engines) => Promise.all(engines.map((engine) => engine.close()));
