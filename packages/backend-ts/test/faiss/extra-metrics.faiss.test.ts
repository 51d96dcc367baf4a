import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metric } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ts } from '../../src/index.js';
import { fault } from '../compare.js';

const script = join(import.meta.dirname, 'extra-metrics.py');
const python = process.env.LUTRA_PYTHON ?? 'python3';
const [D, N, K] = [12, 400, 20];
const backend = ts();

const plain: Metric[] = [
  'l1',
  'linf',
  'canberra',
  'braycurtis',
  'jensenshannon',
  'jaccard',
  'nanEuclidean',
  'gower',
];
const jobs = [
  ...plain.map((metric) => ({ factory: 'Flat', metric, p: 0, holes: false })),
  ...[0.5, 1, 3.7].map((p) => ({ factory: 'Flat', metric: 'lp' as Metric, p, holes: false })),
  ...(['nanEuclidean', 'gower'] as Metric[]).map((metric) => ({
    factory: 'Flat',
    metric,
    p: 0,
    holes: true,
  })),
  ...['HNSW6', 'IVF5,Flat'].flatMap((factory) => [
    ...plain.map((metric) => ({ factory, metric, p: 0, holes: false })),
    { factory, metric: 'lp' as Metric, p: 3.7, holes: false },
  ]),
];

/** 0 … 1, none 0: what faiss makes of 0/0 is told apart in the README. */
const rows = Float32Array.from({ length: N * D }, (_, i) => (1 + ((i * 7919 + (i % 13) * 31) % 991)) / 1000);
const holes = rows.map((v, i) => ((i * 31) % 7 === 0 ? Number.NaN : v));

interface Answer {
  readonly distances: number[];
  readonly labels: number[];
}
let folder: string;
let answers: { theirs: Answer; ours: Answer }[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-metrics-'));
  writeFileSync(join(folder, 'rows.f32'), rows);
  writeFileSync(join(folder, 'holes.f32'), holes);
  writeFileSync(join(folder, 'jobs.json'), JSON.stringify(jobs));
  for (const [i, { factory, metric, p, holes: withHoles }] of jobs.entries()) {
    const index = await backend.create(parseFactory(factory), { d: D, metric, metricArg: p });
    await index.train(withHoles ? holes : rows);
    await index.add(withHoles ? holes : rows);
    if (index.parameters.nprobe !== undefined) index.setParameters({ nprobe: 2 });
    writeFileSync(join(folder, `ours_${i}.index`), encodeIndex(index.toData()));
    index.dispose();
  }
  execFileSync(python, [script, folder, String(D), String(K)]);
  answers = JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8')) as typeof answers;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const table = ({ distances, labels }: Answer) => ({
  k: K,
  distances: Float32Array.from(distances),
  labels: Float64Array.from(labels),
});

it.each(jobs.map((job, i) => ({ ...job, i })))(
  '$factory by $metric $p, missing values $holes: answers are those of faiss (relative 1e-5)',
  async ({ factory, metric, holes: withHoles, i }) => {
    // faiss adds up float32 terms near 1 that cancel
    const scale = metric === 'jensenshannon' ? 1 : 0.01;
    const bytes = readFileSync(join(folder, `faiss_${i}.index`));
    const written = readFileSync(join(folder, `ours_${i}.index`));
    if (factory === 'Flat') expect(Buffer.compare(written, bytes)).toBe(0);
    const own = await backend.load(decodeIndex(new Uint8Array(written)));
    const index = await backend.load(decodeIndex(new Uint8Array(bytes)));
    const queries = (withHoles ? holes : rows).subarray(0, 5 * D);
    const found = await index.search(queries, K);
    const foundOwn = await own.search(queries, K);
    const { theirs, ours } = answers[i]!;
    for (let q = 0; q < 5; q++) {
      expect(fault(found, table(theirs), q, scale)).toBeUndefined();
      expect(fault(foundOwn, table(ours), q, scale)).toBeUndefined();
    }
    for (const each of [index, own]) each.dispose();
  },
);
