// The backends of Lutra and what is under them, on the same file: our engine, faiss-node as it is, faiss-node behind our
// interface, faiss in Python. The file says nprobe and kFactor, as faiss-node alone cannot be told.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run as command } from '../../tooling/bootstrap/run.mjs';
import { builtIndex } from '../harness/built.mjs';
import { sharedIndex } from '../harness/data.mjs';
import { faiss, lutra, nodeEngine, peerEngine, start } from '../harness/engines.mjs';
import { readIndexFile, writeIndexFile } from '../harness/libraries.mjs';
import { root } from '../harness/paths.mjs';
import { peer } from '../harness/peers.mjs';
import { closeAll, measure, withMemory } from '../harness/search-case.mjs';

/** The built package: it starts a process from a file of its own, which a bundle does not have. */
async function backendFaiss(node) {
  const dist = join(root, 'packages/backend-faiss/dist/index.js');
  if (!existsSync(dist)) {
    const { code, output } = await command('pnpm', [
      'exec',
      'turbo',
      'run',
      'build',
      '--filter=@lutra/backend-faiss',
    ]);
    if (code !== 0)
      throw new Error(`@lutra/backend-faiss was not built: ${output.trim().split('\n').at(-1)}`);
  }
  const options = { peer: await peer('faiss-node'), dist };
  return nodeEngine({ name: '@lutra/backend-faiss', module: 'backend-faiss', options, node });
}

/** The shared file with its search parameters set. */
async function storedSetting(data, factory, setting, run) {
  const builder = () => start(faiss({ python: run.python }));
  const { path, bytes } = await sharedIndex(data, factory, builder);
  const stored = `${path}.${Object.values(setting).join('-')}`;
  if (!existsSync(stored)) {
    const index = await readIndexFile(path);
    index.setParameters(setting);
    await writeIndexFile(stored, index);
    index.dispose();
  }
  return { path: stored, bytes };
}

async function compare(run, { factory: full, setting }) {
  const data = await run.data('speech');
  const factory = run.quick ? full.replace(/IVF\d+/, 'IVF256') : full;
  const index = await storedSetting(data, factory, setting, run);
  const wanted = [
    ['lutra', () => lutra({ node: run.node, level: run.level })],
    ['faiss-node', () => peerEngine({ module: 'faiss-node', node: run.node })],
    ['backend-faiss', () => backendFaiss(run.node)],
    ['faiss', () => faiss({ python: run.python })],
  ];
  const failures = [];
  const engines = [];
  const built = new Map();
  try {
    for (const [name, make] of wanted.filter(([engine]) => run.engines(engine))) {
      try {
        const how = await make();
        const keep = name === 'faiss' || name === 'faiss-node';
        const entry = { name: `${how.name} ${factory}`, how, build: { factory }, keep };
        built.set(how.name, (await builtIndex(data, entry)).notes);
        const engine = await start(how);
        engines.push(engine);
        await engine.call('open', { path: index.path, d: data.d, metric: data.metric });
      } catch (e) {
        failures.push({ engine: name, reason: e.message });
      }
    }
    const settings = new Map(engines.map((e) => [e.name, { setting }]));
    const options = { ...run, reference: 'faiss' };
    const rows = await measure(engines, data, settings, ['single', 'python', 'batch'], options);
    for (const row of rows) {
      row.build = built.get(row.name);
      row.bytesPerVector = index.bytes / data.n;
    }
    return { data, factory, reference: 'faiss', failures, rows: await withMemory(rows, engines) };
  } finally {
    await closeAll(engines);
  }
}

/** What can be run, in this order. */
export const cases = [
  { id: 'backends-ivfflat', factory: 'IVF1024,Flat', setting: { nprobe: 16 } },
  { id: 'backends-refined', factory: 'IVF1024,PQ128x4fs,RFlat', setting: { nprobe: 32, kFactor: 10 } },
].map((what) => ({
  id: what.id,
  title: `Backends on one file, ${what.factory}`,
  run: (run) => compare(run, what),
}));
