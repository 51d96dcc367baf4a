// The process of an engine that runs in Node: js-host.mjs <bundle of the packages> <engine module> <options as JSON>.
// An engine module exports `create(options, workspace)`; see engines/README.md for what that gives.
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { processes } from './processes.mjs';

const [bundle, module, options] = process.argv.slice(2);
const workspace = await import(pathToFileURL(bundle));
const { create } = await import(pathToFileURL(module));
const engine = await create(JSON.parse(options), workspace);

const { memory, cpuSeconds } = processes(process.pid);
const baseline = memory().now;

/** Runs `work` and returns what it gave with its seconds of wall and CPU time. */
async function timed(work) {
  const cpu = cpuSeconds();
  const start = performance.now();
  const value = await work();
  return { value, wall: (performance.now() - start) / 1000, cpu: cpuSeconds() - cpu };
}

const arrays = new Map();
async function load(path, rows) {
  const key = `${path} ${rows}`;
  if (!arrays.has(key)) {
    const file = await workspace.openNpyFile(path);
    const data = await workspace.readRows(file, 0, Math.min(rows ?? Infinity, file.shape[0]));
    arrays.set(key, { data, d: file.shape[1] });
  }
  return arrays.get(key);
}

async function prepared({ queries, nq, batch }) {
  const { data, d } = await load(queries, nq);
  const blocks = [];
  for (let i = 0; i < data.length; i += batch * d) {
    const block = data.subarray(i, i + batch * d);
    blocks.push(engine.prepare ? engine.prepare(block, d) : block);
  }
  return blocks;
}

/** Searches all blocks and notes when each was done; `stamps` has one entry more than there are blocks. */
async function pass(blocks, k, found, stamps) {
  stamps[0] = performance.now();
  if (engine.searchSync) {
    for (let i = 0; i < blocks.length; i++) {
      found[i] = engine.searchSync(blocks[i], k);
      stamps[i + 1] = performance.now();
    }
    return;
  }
  for (let i = 0; i < blocks.length; i++) {
    found[i] = await engine.search(blocks[i], k);
    stamps[i + 1] = performance.now();
  }
}

const methods = {
  about: async () => ({ ...engine.about, runtime: `Node ${process.version.slice(1)}`, baseline }),
  open: async ({ path, ...what }) => {
    const { wall, cpu } = await timed(() => engine.open(path, what));
    return { wall, cpu, ...engine.describe?.() };
  },
  build: async ({ base, rows, ...what }) => {
    const { data, d } = await load(base, rows);
    const stages = {};
    const stage = async (name, work) => {
      const { wall, cpu } = await timed(work);
      stages[name] = { wall, cpu };
    };
    await engine.build(data, { d, ...what }, stage);
    return stages;
  },
  save: async ({ path }) => ({ bytes: await engine.save(path) }),
  release: async () => {
    arrays.clear();
    await engine.release();
    return {};
  },
  search: async ({ k, setting, mode, warmup = 0, repeats = 1, labels, ...what }) => {
    const blocks = await prepared({ ...what, batch: mode === 'single' ? 1 : what.batch });
    engine.configure(setting);
    const found = new Array(blocks.length);
    const stamps = new Float64Array(blocks.length + 1);
    await pass(blocks.slice(0, warmup), k, found, stamps);
    const latencies = [];
    const { wall, cpu } = await timed(async () => {
      for (let i = 0; i < repeats; i++) {
        await pass(blocks, k, found, stamps);
        for (let j = 0; j < blocks.length; j++) latencies.push(stamps[j + 1] - stamps[j]);
      }
    });
    return {
      wall: wall / repeats,
      cpu: cpu / repeats,
      latencies,
      ...(labels && { labels: found.flatMap((r) => Array.from(r, Number)) }),
    };
  },
  overhead: async () => ({ seconds: 0 }),
  memory: async () => ({ baseline, ...memory() }),
};

const answer = (value) => writeFileSync(3, `${JSON.stringify(value)}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const { method, ...request } = JSON.parse(line);
  try {
    answer({ result: await methods[method](request) });
  } catch (e) {
    answer({ error: e instanceof Error ? e.message : String(e) });
  }
}
await engine.release();
process.exit(0);
