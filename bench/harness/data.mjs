// The vectors of a run as files that every engine reads: base, queries and the exact neighbours. A part of a larger set
// gets ground truth of its own; what is computed is kept in the cache.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clustered, sets } from '../datasets.mjs';
import {
  exactSearch,
  openNpyFile,
  openNpyFolder,
  readNpyFile,
  readRows,
  writeNpyFile,
} from './libraries.mjs';
import { cache } from './paths.mjs';

const TRUTH_COLUMNS = 10;
/** Queries whose exact neighbours are computed at most; recall is theirs. */
const TRUTH_QUERIES = 1000;

/** A set that is not there, and how to have it. */
export class MissingData extends Error {}

const hash = (value) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);

/**
 * Files and sizes of a data set by name. `given` maps names to folders or to `{ base, queries, groundtruth }`. With `following`
 * the queries are so many rows behind those of the base, searched in one batch.
 */
export async function dataset(name, { given = {}, rows, nq, d, metric = 'l2', following } = {}) {
  if (name === 'own') return ownData({ n: rows ?? 50_000, nq: nq ?? 1000, d: d ?? 128, metric });
  const files = filesOf(name, given[name] ?? given.all);
  const source = files.base.endsWith('.npy')
    ? await openNpyFile(files.base)
    : await openNpyFolder(files.base);
  const queries = await openNpyFile(files.queries);
  const n = Math.min(rows ?? Infinity, source.shape[0]);
  const count = Math.min(nq ?? Infinity, queries.shape[0]);
  const base = files.base.endsWith('.npy') ? files.base : await concatenated(name, files.base, source);
  const whole = n === source.shape[0] ? files.groundtruth : undefined;
  const set = { name, n, nq: count, d: source.shape[1], metric, base, rows: n, queries: files.queries };
  if (following) return { ...set, ...(await queriesBehind(set, source, following)) };
  return { ...set, ...(await truthOf(set, whole)) };
}

/** Rows of the same recordings that no index has, as queries: as many as there are, up to `following`. */
async function queriesBehind(set, source, following) {
  const { name, n, d, base } = set;
  const nq = Math.min(following, source.shape[0] - n);
  if (nq < 1) throw new MissingData(`${name}: all ${n} rows are in the index, none is left to ask for`);
  const queries = join(cache, 'data', `${name}-behind-${hash([base, n, nq, changed(base)])}.npy`);
  if (!existsSync(queries)) await keep(queries, [nq, d], await readRows(source, n, n + nq));
  const asked = { ...set, nq, queries, batch: nq };
  return { ...asked, ...(await truthOf({ ...asked, nq: Math.min(nq, TRUTH_QUERIES) })) };
}

function filesOf(name, place) {
  const folder = typeof place === 'string' ? place : (place ?? join(cache, 'data', name));
  if (typeof folder === 'object') return folder;
  const pick = (...names) => names.map((file) => join(folder, file)).find((path) => existsSync(path));
  const base = pick('base.npy');
  const queries = pick('queries.npy');
  if (!base || !queries) {
    const how = sets[name]?.how ?? '--base and --queries give other data';
    throw new MissingData(`no data set ${name} in ${folder} (base.npy, queries.npy): ${how}`);
  }
  return { base, queries, groundtruth: pick('groundtruth.npy', 'gt_l2_ids.npy') };
}

/** One file of a folder of them, which faiss's side can read. */
async function concatenated(name, folder, source) {
  const path = join(cache, 'data', `${name}-${hash([folder, source.shape])}.npy`);
  if (!existsSync(path)) await keep(path, source.shape, await readRows(source));
  return path;
}

async function keep(path, shape, data, dtype) {
  mkdirSync(join(cache, 'data'), { recursive: true });
  const partial = `${path}.partial.npy`;
  await writeNpyFile(partial, { shape, data, ...(dtype && { dtype }) });
  renameSync(partial, path);
}

async function ownData({ n, nq, d, metric }) {
  const path = (what) => join(cache, 'data', `own-${n}x${d}-${nq}-${what}.npy`);
  if (!existsSync(path('queries'))) {
    const { base, queries } = clustered({ n, nq, d, seed: 7 });
    await keep(path('base'), [n, d], base);
    await keep(path('queries'), [nq, d], queries);
  }
  const set = { name: 'own', n, nq, d, metric, base: path('base'), rows: n, queries: path('queries') };
  return { ...set, ...(await truthOf(set)) };
}

/** Labels of the exact neighbours, `(nq, k)`: those given, or computed in float64. */
async function truthOf({ base, queries, n, nq, d, metric }, given) {
  const path =
    given ?? join(cache, 'data', `truth-${hash([base, queries, n, nq, metric, changed(base)])}.npy`);
  if (!existsSync(path)) {
    console.error(`exact neighbours of ${nq} queries among ${n} × ${d} …`);
    const x = await readRows(await openNpyFile(base), 0, n);
    const q = await readRows(await openNpyFile(queries), 0, nq);
    const { labels } = await exactSearch(x, q, { d, k: TRUTH_COLUMNS, metric });
    await keep(path, [nq, TRUTH_COLUMNS], labels, '<i8');
  }
  const { data, shape } = await readNpyFile(path);
  const labels = Float64Array.from(data.subarray(0, nq * shape[1]), Number);
  return { truth: { labels, nq, k: shape[1] }, key: hash([base, n, changed(base)]) };
}

const changed = (path) => statSync(path).size;

/** An index file that faiss trained and filled, which all engines then read; made once. */
export async function sharedIndex(data, factory, builder) {
  const folder = join(cache, 'indexes');
  mkdirSync(folder, { recursive: true });
  const path = join(
    folder,
    `${data.name}-${data.key}-${data.metric}-${factory.replaceAll(/\W+/g, '_')}.index`,
  );
  if (existsSync(path)) return { path, bytes: statSync(path).size };
  console.error(`faiss builds ${factory} of ${data.name} ${data.n} × ${data.d} …`);
  const engine = await builder();
  try {
    const { base, rows, metric } = data;
    const stages = await engine.call('build', { base, rows, factory, metric, seed: 1234 });
    await engine.call('save', { path: `${path}.partial` });
    writeFileSync(`${path}.json`, JSON.stringify({ factory, stages, engine: engine.about }));
    renameSync(`${path}.partial`, path);
  } finally {
    await engine.close();
  }
  return { path, bytes: statSync(path).size };
}
