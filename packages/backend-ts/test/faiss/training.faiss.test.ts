import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadKernels } from '@lutra/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kmeans } from '../../src/clustering/kmeans.js';
import { viewRows } from '../../src/clustering/row-view.js';
import { Engine } from '../../src/engine.js';
import { ProductQuantizer } from '../../src/quantizers/product-quantizer.js';
import { Task } from '../../src/task.js';
import { clusters } from '../data.js';
import { build } from '../engine.js';

const script = join(import.meta.dirname, 'training.py');
const python = process.env.LUTRA_PYTHON ?? 'python3';
const SMALL = 3000;
const D = 64;
const N = 20_000;
const NQ = 500;

const runs = [
  { name: 'k-means-8', data: 'small-8', d: 8, k: 64, niter: 10, seed: 1234, metric: 'l2', spherical: false },
  { name: 'k-means-24', data: 'small-24', d: 24, k: 50, niter: 20, seed: 77, metric: 'l2', spherical: false },
  {
    name: 'k-means-sample',
    data: 'small-8',
    d: 8,
    k: 7,
    niter: 10,
    seed: 1234,
    metric: 'l2',
    spherical: false,
  },
  {
    name: 'k-means-ip',
    data: 'small-24',
    d: 24,
    k: 30,
    niter: 10,
    seed: 1234,
    metric: 'ip',
    spherical: true,
  },
  {
    name: 'k-means-many',
    data: 'small-8',
    d: 8,
    k: 1500,
    niter: 5,
    seed: 1234,
    metric: 'l2',
    spherical: false,
  },
] as const;
const quantizers = [
  { name: 'pq-6x8', data: 'small-24', d: 24, M: 6, nbits: 8 },
  { name: 'pq-12x4', data: 'small-24', d: 24, M: 12, nbits: 4 },
  { name: 'pq-2x5', data: 'small-8', d: 8, M: 2, nbits: 5 },
] as const;
const seeds = [1, 2, 3];
const recalls = seeds.flatMap((seed) =>
  ['IVF128,Flat', 'IVF128,PQ32x4fs,RFlat'].map((factory) => ({
    factory,
    seed,
    d: D,
    base: `base-${seed}`,
    query: `query-${seed}`,
    nprobe: 4,
    kFactor: 4,
  })),
);

let folder: string;
const data = new Map<string, Float32Array>();
let theirs: number[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-training-'));
  data.set('small-8', clusters(SMALL, 8, { seed: 8, centers: 60, spread: 0.4 }));
  data.set('small-24', clusters(SMALL, 24, { seed: 24, centers: 60, spread: 0.4 }));
  for (const seed of seeds) {
    const shape = { seed, centers: 300, spread: 0.6 };
    data.set(`base-${seed}`, clusters(N, D, shape));
    data.set(`query-${seed}`, clusters(NQ, D, { ...shape, rows: 1 }));
  }
  for (const [name, x] of data) writeFileSync(join(folder, `${name}.f32`), x);
  writeFileSync(join(folder, 'job.json'), JSON.stringify({ kmeans: runs, quantizers, recall: recalls }));
  execFileSync(python, [script, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  theirs = JSON.parse(readFileSync(join(folder, 'recall.json'), 'utf8'));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function learned(name: string): Float32Array {
  const bytes = readFileSync(join(folder, `${name}.out`));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** The largest difference as a share of the largest value. */
function difference(ours: Float32Array, wanted: Float32Array): number {
  expect(ours.length).toBe(wanted.length);
  const scale = wanted.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  return ours.reduce((max, v, i) => Math.max(max, Math.abs(v - wanted[i]!)), 0) / scale;
}

describe('training gives what faiss learns from the same seed (relative 1e-4)', () => {
  it.each(runs)('$name', async ({ name, data: source, d, ...options }) => {
    const engine = new Engine((await loadKernels()).instantiate());
    const ours = await kmeans(engine, viewRows(data.get(source)!, SMALL, d), options, new Task());
    expect(difference(ours, learned(name))).toBeLessThan(1e-4);
  });

  it.each(quantizers)('$name', async ({ name, data: source, d, M, nbits }) => {
    const pq = new ProductQuantizer(new Engine((await loadKernels()).instantiate()), d, M, nbits);
    await pq.train(viewRows(data.get(source)!, SMALL, d), new Task());
    expect(difference(pq.centroids, learned(name))).toBeLessThan(1e-4);
  });
});

function recallAt10(found: Float64Array, truth: Float64Array): number {
  let hits = 0;
  for (let at = 0; at < truth.length; at += 10) {
    const wanted = new Set(truth.subarray(at, at + 10));
    hits += found.subarray(at, at + 10).filter((label) => wanted.has(label)).length;
  }
  return hits / truth.length;
}

describe('an index of our training', () => {
  it.each(recalls.map((c, i) => ({ ...c, i })))(
    '$factory, data $seed: recall@10 within 0.01 of faiss’s',
    async (c) => {
      const base = data.get(c.base)!;
      const query = data.get(c.query)!;
      const truth = await (await build('Flat', D, base)).search(query, 10);
      const index = await build(c.factory, D, base);
      const kFactor = index.parameters.kFactor === undefined ? {} : { kFactor: c.kFactor };
      const found = await index.search(query, 10, { nprobe: c.nprobe, ...kFactor });
      const ours = recallAt10(found.labels, truth.labels);
      expect(Math.abs(ours - theirs[c.i]!), `ours ${ours}, faiss ${theirs[c.i]}`).toBeLessThanOrEqual(0.01);
      expect(ours).toBeGreaterThan(0.5);
    },
  );
});
