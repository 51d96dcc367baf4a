// Lutra beside faiss on the same index file, which faiss wrote; and both building the same string.
import { sharedIndex } from '../harness/data.mjs';
import { faiss, lutra, start } from '../harness/engines.mjs';
import { inTurns, ratio, summary } from '../harness/rounds.mjs';
import { cheapest, closeAll, identity, measure, startAll, withMemory } from '../harness/search-case.mjs';

const NPROBES = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256,
];
const probes = (extra = {}) => NPROBES.map((nprobe) => ({ nprobe, ...extra }));
const REFINED = 'IVF1024,PQ128x4fs,RFlat';
const FLAT_ROWS = 100_000;

/** Fewer lists where there are few rows, so that a quick run trains on as many rows a list as a full one. */
const scaled = (factory, { quick }) => (quick ? factory.replace(/IVF\d+/, 'IVF256') : factory);

/** The engines of this suite: Lutra from every checkout asked for, faiss. */
const pair = (run) => [
  ...run.checkouts.map((checkout) => lutra({ checkout, node: run.node, level: run.level })),
  faiss({ python: run.python }),
];

async function searches(run, { data: name, factory, setting, lanes, target, modes, d, rows }) {
  const data = await run.data(name, { d, rows });
  const index = await sharedIndex(data, scaled(factory, run), () =>
    start(faiss({ python: run.python, threads: run.cores })),
  );
  const failures = [];
  const engines = await startAll(pair(run), failures);
  try {
    const chosen = new Map();
    for (const engine of engines) {
      await engine.call('open', { path: index.path });
      const point = target ? await cheapest(engine, data, lanes, target, modes[0]) : { setting };
      if (point.reached === false)
        failures.push({ engine: engine.name, reason: `recall ${point.recall} at most` });
      chosen.set(engine.name, point);
    }
    const rows = await measure(engines, data, chosen, modes, { ...run, reference: 'faiss' });
    await withMemory(rows, engines);
    for (const row of rows) row.bytesPerVector = index.bytes / data.n;
    return { data, factory: scaled(factory, run), target, rows, failures };
  } finally {
    await closeAll(engines);
  }
}

/** Training and adding of the same string on both sides, then recall of both at one setting. */
async function builds(run, { data: name, factory, setting, modes }) {
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
    return { data, factory: what.factory, rows: await withMemory(rows, engines), failures };
  } finally {
    await closeAll(engines);
  }
}

/** A new process opens the file and answers one query; the file is in the page cache for both. */
async function openings(run, { data: name, factory, setting }) {
  const data = await run.data(name);
  const builder = () => start(faiss({ python: run.python, threads: run.cores }));
  const index = await sharedIndex(data, scaled(factory, run), builder);
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
  return { data, factory: scaled(factory, run), bytes: index.bytes, rows, failures };
}

const flats = [128, 256, 768].flatMap((d) =>
  [
    { id: `flat-${d}-cache`, title: `Flat, d ${d}, 1 MB of vectors`, rows: 2 ** 18 / d },
    { id: `flat-${d}`, title: `Flat, d ${d}, ${FLAT_ROWS.toLocaleString('en')} rows`, rows: FLAT_ROWS },
  ].map(({ rows, ...rest }) => ({
    ...rest,
    run: (run) =>
      searches(run, {
        data: 'own',
        d,
        rows: run.quick ? Math.min(rows, 20_000) : rows,
        factory: 'Flat',
        setting: {},
        modes: ['single'],
      }),
  })),
);

/** What can be run, in this order. */
export const cases = [
  {
    id: 'refined',
    title: `${REFINED}, nprobe 32, kFactor 10`,
    run: (run) =>
      searches(run, {
        data: 'speech',
        factory: REFINED,
        setting: { nprobe: 32, kFactor: 10 },
        modes: ['single', 'python', 'batch'],
      }),
  },
  ...['speech', 'glove'].map((data) => ({
    id: `ivfflat-${data}`,
    title: 'IVF4096,Flat at recall@10 0.95',
    run: (run) =>
      searches(run, {
        data,
        factory: 'IVF4096,Flat',
        lanes: [probes()],
        target: 0.95,
        modes: ['single', 'batch'],
      }),
  })),
  {
    id: 'refined-glove',
    title: 'IVF4096,PQ50x4fs,RFlat at recall@10 0.9',
    run: (run) =>
      searches(run, {
        data: 'glove',
        factory: 'IVF4096,PQ50x4fs,RFlat',
        lanes: [4, 10, 20].map((kFactor) => probes({ kFactor })),
        target: 0.9,
        modes: ['single', 'batch'],
      }),
  },
  ...flats,
  {
    id: 'open',
    title: 'open the file, to the first result',
    run: (run) => openings(run, { data: 'speech', factory: REFINED, setting: { nprobe: 32, kFactor: 10 } }),
  },
  {
    id: 'build',
    title: `train and add, ${REFINED}`,
    run: (run) =>
      builds(run, {
        data: 'speech',
        factory: REFINED,
        setting: { nprobe: 32, kFactor: 10 },
        modes: ['single'],
      }),
  },
];
