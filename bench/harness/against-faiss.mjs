// The kinds of cases where Lutra and faiss do the same work: search one file, build one string, open one file.
import { builtIndex } from './built.mjs';
import { sharedIndex } from './data.mjs';
import { faiss, lutra, peerEngine, start } from './engines.mjs';
import { inTurns, ratio, summary } from './rounds.mjs';
import { cheapest, closeAll, found, identity, measure, startAll, withMemory } from './search-case.mjs';

/** Fewer lists where there are few rows, so that a quick run trains on as many rows a list as a full one. */
export const scaled = (factory, { quick }) => (quick ? factory.replace(/IVF\d+/, 'IVF256') : factory);

/** Lutra from every checkout asked for, and faiss. */
const pair = (run) => [
  ...run.checkouts.map((checkout) => lutra({ checkout, node: run.node, level: run.level })),
  faiss({ python: run.python }),
];

/** Engines with indexes of their own, built once and kept: for each its path and what building it took. */
async function ownIndexes(run, data, peers, failures) {
  const own = new Map();
  for (const module of peers.filter((name) => run.engines(name))) {
    try {
      const how = await peerEngine({ module, node: run.node });
      own.set(module, { how, ...(await builtIndex(data, { name: module, how, build: {}, keep: true })) });
    } catch (e) {
      failures.push({ engine: module, reason: e.message });
    }
  }
  return own;
}

/** The faiss that makes the shared files. */
const builder = (run) => start(faiss({ python: run.python }));

/**
 * One file, searched by all `engines`, at one `setting` or at the cheapest of `lanes` that reaches recall `target`.
 * Ratios are taken of `reference`. `own` sizes data of its own. `peers` are modules of engines beside them that search
 * indexes of their own, each at its own cheapest setting. `fixed` has settings of engines that do not choose one; a `target` of
 * 'reference' is what the engine of that name finds at its own.
 */
export async function searches(run, what) {
  const { data: name, factory, setting, lanes, modes, own, following, fixed = {} } = what;
  const { engines: hows = pair(run), reference = 'faiss', peers = [] } = what;
  const data = await run.data(name, own ?? { following });
  const index = await sharedIndex(data, scaled(factory, run), () => builder(run));
  const failures = [];
  const others = await ownIndexes(run, data, peers, failures);
  const engines = await startAll([...hows, ...[...others.values()].map(({ how }) => how)], failures);
  try {
    const chosen = new Map();
    for (const engine of engines) {
      const { d, metric } = data;
      const { path } = others.get(engine.name) ?? index;
      await engine.call('open', others.has(engine.name) ? { path, d, metric } : { path });
    }
    const standard = engines.find((engine) => engine.name === reference);
    const target =
      what.target === 'reference'
        ? (await found(standard, data, fixed[reference], modes[0])).recall
        : what.target;
    for (const engine of engines) {
      const given = fixed[engine.name] ?? (target ? undefined : setting);
      const point = given ? { setting: given } : await cheapest(engine, data, lanes, target, modes[0]);
      if (point.reached === false)
        failures.push({ engine: engine.name, reason: `recall ${point.recall} at most` });
      chosen.set(engine.name, point);
    }
    const rows = await measure(engines, data, chosen, modes, { ...run, reference });
    await withMemory(rows, engines);
    for (const row of rows) {
      const { notes } = others.get(row.name) ?? {};
      row.bytesPerVector = (notes ?? index).bytes / data.n;
      if (!notes) continue;
      row.build = notes;
      delete row.sameLabels;
    }
    return { data, factory: scaled(factory, run), reference, target, rows, failures };
  } finally {
    await closeAll(engines);
  }
}

/** Training and adding of the same string on both sides, then recall of both at one setting. */
export async function builds(run, { data: name, factory, setting, modes }) {
  const data = await run.data(name);
  const failures = [];
  const engines = await startAll(pair(run), failures);
  try {
    const what = {
      base: data.base,
      rows: data.rows,
      factory: scaled(factory, run),
      metric: data.metric,
      seed: 1234,
    };
    const built = await inTurns(
      engines,
      async (e) => {
        await e.call('release');
        const stages = await e.call('build', what);
        const sum = (field) => Object.values(stages).reduce((all, stage) => all + stage[field], 0);
        return { stages, wall: sum('wall'), cpu: sum('cpu') };
      },
      { ...run, rounds: run.buildRounds, tolerance: Infinity },
    );
    const chosen = new Map(engines.map((e) => [e.name, { setting: setting }]));
    const rows = await measure(engines, data, chosen, modes, { ...run, reference: 'faiss' });
    for (const row of rows) {
      const mine = built.get(row.name);
      row.build = { ...summary(mine), stages: mine.at(-1).stages };
      const theirs = built.get('faiss');
      if (row.name !== 'faiss' && theirs)
        row.buildRatio = { wall: ratio(theirs, mine, 'wall'), cpu: ratio(theirs, mine, 'cpu') };
    }
    return {
      data,
      factory: what.factory,
      reference: 'faiss',
      rows: await withMemory(rows, engines),
      failures,
    };
  } finally {
    await closeAll(engines);
  }
}

/** A new process opens the file and answers one query; the file is in the page cache for both. */
export async function openings(run, { data: name, factory, setting }) {
  const data = await run.data(name);
  const index = await sharedIndex(data, scaled(factory, run), () => builder(run));
  const failures = [];
  const hows = await Promise.all(pair(run));
  const engines = await startAll(hows, failures);
  await closeAll(engines);
  const request = { queries: data.queries, nq: 1, k: 10, setting: setting, mode: 'single', batch: 1 };
  const memory = new Map();
  const results = await inTurns(
    engines,
    async ({ name }) => {
      const engine = await start(hows.find((how) => how.name === name));
      try {
        const opened = await engine.call('open', { path: index.path });
        const first = await engine.call('search', request);
        memory.set(name, await engine.call('memory'));
        return { wall: opened.wall + first.wall, cpu: opened.cpu + first.cpu };
      } finally {
        await engine.close();
      }
    },
    run,
  );
  const rows = engines.map((engine) => {
    const row = {
      mode: 'open',
      ...identity(engine),
      setting: setting,
      ...summary(results.get(engine.name)),
    };
    Object.assign(row, { memory: memory.get(engine.name), bytesPerVector: index.bytes / data.n });
    const [theirs, ours] = [results.get('faiss'), results.get(engine.name)];
    if (theirs && engine.name !== 'faiss')
      row.ratio = { wall: ratio(theirs, ours, 'wall'), cpu: ratio(theirs, ours, 'cpu') };
    return row;
  });
  return { data, factory: scaled(factory, run), reference: 'faiss', bytes: index.bytes, rows, failures };
}
