// Indexes that the engines build themselves, each in a process of its own, with what it took: time, CPU time, memory.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { start } from './engines.mjs';
import { cache } from './paths.mjs';

/** How `what` is told to engines: everything that a build depends on. */
const order = (data, what) => ({
  base: data.base,
  rows: data.rows,
  metric: data.metric,
  seed: 1234,
  ...what,
});

async function build(engine, data, { path, what }) {
  const stages = await engine.call('build', { ...order(data, what), path });
  const sum = (field) => Object.values(stages).reduce((all, stage) => all + stage[field], 0);
  const memory = await engine.call('memory');
  return { stages, wall: sum('wall'), cpu: sum('cpu'), peak: memory.peak };
}

/**
 * An index of `entry`, built now or, for engines of a fixed version, kept from an earlier run.
 * @returns {Promise<{ path: string, notes: object }>}
 */
export async function builtIndex(data, entry) {
  const folder = join(cache, 'built');
  mkdirSync(folder, { recursive: true });
  const engine = await start(entry.how);
  try {
    const { engine: name, version } = engine.about;
    const who = [entry.name, name, version].map((part) => part.replaceAll(/[^\w.-]+/g, '_'));
    const key = [data.name, data.key, data.metric, ...who].join('-');
    const path = join(folder, key);
    const notes = `${path}.json`;
    if (entry.keep && existsSync(notes)) return { path, notes: JSON.parse(readFileSync(notes, 'utf8')) };
    console.error(`${entry.name} builds ${data.name} ${data.n} × ${data.d} …`);
    for (const old of [path, notes, `${path}.partial`]) rmSync(old, { recursive: true, force: true });
    const took = await build(engine, data, { path: `${path}.partial`, what: entry.build });
    const { bytes } = await engine.call('save', { path: `${path}.partial` });
    await engine.close();
    renameSync(`${path}.partial`, path);
    const report = { ...took, bytes, date: new Date().toISOString() };
    writeFileSync(notes, JSON.stringify(report));
    return { path, notes: report };
  } finally {
    await engine.close();
  }
}

/** The same for an engine that cannot save: built in the process that is then measured. */
export async function builtInPlace(engine, data, entry) {
  console.error(`${entry.name} builds ${data.name} ${data.n} × ${data.d} …`);
  return build(engine, data, { what: entry.build });
}
