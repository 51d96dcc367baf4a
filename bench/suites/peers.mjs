// What a Node user would pick, at recall@10 0.95, one query a call, one thread. Each engine builds its own index, and
// takes the cheapest of its settings that reaches the recall.
import { builtIndex, builtInPlace } from '../harness/built.mjs';
import { faiss, lutra, peerEngine, start } from '../harness/engines.mjs';
import { cheapest, closeAll, measure, withMemory } from '../harness/search-case.mjs';

const TARGET = 0.95;
const NPROBES = [
  1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
];
const EFS = [
  10, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 400, 512, 640,
];
const byEf = [EFS.map((ef) => ({ ef }))];
const byProbe = [NPROBES.map((nprobe) => ({ nprobe }))];
const byProbeAndFactor = [2, 4, 6, 10, 20].map((kFactor) => NPROBES.map((nprobe) => ({ nprobe, kFactor })));
const lanesOf = (factory) =>
  factory.includes('HNSW') ? byEf : factory.includes('RFlat') ? byProbeAndFactor : byProbe;

const STRINGS = {
  speech: ['IVF1024,PQ128x4fs,RFlat', 'PCAR64,IVF1024,PQ32x4fsr,RFlat', 'IVF4096,Flat', 'HNSW16', 'HNSW32'],
  glove: ['IVF4096,PQ50x4fs,RFlat', 'IVF4096,Flat', 'HNSW16', 'HNSW32'],
};

/** HNSW of M 16, efConstruction 200 but for faiss and Lutra, whose default of 40 stands; IVF_PQ of LanceDB. */
const PEERS = [
  { module: 'zvec', lanes: byEf },
  { module: 'hnswlib-node', lanes: byEf },
  { module: 'usearch', lanes: byEf },
  { module: 'lancedb', lanes: [10, 20].map((kFactor) => NPROBES.map((nprobe) => ({ nprobe, kFactor }))) },
  { module: 'hnswlib-wasm', lanes: byEf, inPlace: true, only: ['glove'] },
];

const scaled = (factory, { quick }) => (quick ? factory.replace(/IVF\d+/, 'IVF256') : factory);

function entries(run, name) {
  const ours = run.checkouts.flatMap((checkout) =>
    STRINGS[name].flatMap((string) => {
      const factory = scaled(string, run);
      return (string.endsWith('RFlat') ? [false, true] : [false]).map((sketches) => {
        const how = lutra({ checkout, node: run.node, level: run.level, sketches });
        return { kind: 'lutra', how, suffix: factory, build: { factory }, lanes: lanesOf(factory) };
      });
    }),
  );
  const theirs = STRINGS[name].map((string) => {
    const factory = scaled(string, run);
    const how = faiss({ python: run.python });
    return { kind: 'faiss', how, suffix: factory, build: { factory }, lanes: lanesOf(factory), keep: true };
  });
  const peers = PEERS.filter(({ only }) => !only || only.includes(name)).map(({ module, ...rest }) => ({
    kind: module,
    how: peerEngine({ module, node: run.node }),
    build: {},
    keep: true,
    ...rest,
  }));
  return [...ours, ...theirs, ...peers].filter(({ kind }) => run.engines(kind));
}

/** Builds or finds the index of an entry and opens it, at its cheapest setting. */
async function ready(entry, data) {
  const how = await entry.how;
  entry.name = entry.suffix ? `${how.name} ${entry.suffix}` : how.name;
  const built = entry.inPlace ? undefined : await builtIndex(data, entry);
  const engine = Object.assign(await start(how), { name: entry.name });
  try {
    const { d, metric } = data;
    if (built) await engine.call('open', { path: built.path, d, metric });
    const notes = built?.notes ?? (await builtInPlace(engine, data, entry));
    return { engine, notes, point: await cheapest(engine, data, entry.lanes, TARGET, 'single') };
  } catch (e) {
    await engine.close();
    throw e;
  }
}

async function compare(run, name) {
  const data = await run.data(name);
  const failures = [];
  const all = [];
  try {
    for (const entry of entries(run, name)) {
      try {
        all.push(await ready(entry, data));
      } catch (e) {
        failures.push({ engine: entry.name ?? entry.kind, reason: e.message });
      }
    }
    const engines = all.map(({ engine }) => engine);
    const settings = new Map(all.map(({ engine, point }) => [engine.name, point]));
    const rows = await withMemory(await measure(engines, data, settings, ['single'], run), engines);
    for (const [i, row] of rows.entries()) {
      const { notes, point } = all[i];
      row.build = notes;
      if (notes.bytes) row.bytesPerVector = notes.bytes / data.n;
      if (!point.reached) row.name += ` (recall ${TARGET} not reached)`;
    }
    for (const row of rows) row.cost = row.microseconds.cpu;
    const best = Math.min(...rows.filter((r) => r.engine === 'lutra').map((r) => r.cost));
    for (const row of rows) row.ofLutra = best / row.cost;
    return { data, target: TARGET, failures, rows: rows.toSorted((a, b) => a.cost - b.cost) };
  } finally {
    await closeAll(all.map(({ engine }) => engine));
  }
}

/** What can be run, in this order. */
export const cases = ['speech', 'glove'].map((name) => ({
  id: `peers-${name}`,
  title: `Packages for Node, and faiss, at recall@10 ${TARGET}`,
  run: (run) => compare(run, name),
}));
