// Searches of one index file, or of indexes that the engines built, side by side.
import { start } from './engines.mjs';
import { recallAtK } from './libraries.mjs';
import { inTurns, ratio, summary } from './rounds.mjs';

export const K = 10;
const BATCH = 1000;

const request = (data, setting, mode) => ({
  queries: data.queries,
  nq: data.nq,
  k: K,
  setting,
  mode,
  batch: BATCH,
  warmup: mode === 'batch' ? 0 : Math.min(100, data.nq),
});

/** What an engine finds at a setting, and its recall@10. */
async function found(engine, data, setting, mode) {
  const { labels } = await engine.call('search', { ...request(data, setting, mode), labels: true });
  return { labels, recall: recallAtK({ labels, nq: data.nq, k: K }, data.truth, { k: K }) };
}

/** The part of all places of two label tables that hold the same label. */
const sameLabels = (a, b) => a.filter((label, i) => label === b[i]).length / a.length;

/** The first setting of a list from cheap to dear that reaches `target`; the last one tried when none does. */
export async function cheapest(engine, data, settings, target) {
  let tried;
  for (const setting of settings) {
    const { recall } = await found(engine, data, setting, 'batch');
    tried = { setting, recall };
    if (recall >= target) return { ...tried, reached: true };
  }
  return { ...tried, reached: false };
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
    const results = await inTurns(
      able,
      (e) => e.call('search', request(data, settings.get(e.name).setting, mode)),
      options,
    );
    const reference = able.find((e) => e.name === options.reference);
    const overhead = reference && (await reference.call('overhead', { setting: {} })).seconds;
    for (const engine of able) {
      const { setting } = settings.get(engine.name);
      const { recall } = labels.get(engine.name);
      const { wall, cpu, ...rest } = summary(results.get(engine.name));
      const calls = mode === 'batch' ? Math.ceil(data.nq / BATCH) : data.nq;
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
