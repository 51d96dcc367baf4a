import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readIndexFile } from 'lutra/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noise } from './noise.js';

const script = join(import.meta.dirname, 'lists-on-disk.py');
const python = process.env.LUTRA_PYTHON ?? 'python3';
const D = 16;
const N = 4000;
const K = 10;

const cases = ['IVF32,Flat', 'IVF32,SQ8', 'IVF32,PQ8x4np', 'PCA8,IVF32,Flat'].flatMap((factory) =>
  ['l2', 'ip'].map((metric) => ({
    name: `${factory.replace(/\W/g, '-')}-${metric}`,
    factory,
    metric,
    nprobes: [1, 5, 32],
  })),
);

let folder: string;
const next = noise(7);
const base = Float32Array.from({ length: N * D }, next);
const queries = Float32Array.from({ length: 20 * D }, next);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-on-disk-'));
  writeFileSync(join(folder, 'base.f32'), base);
  writeFileSync(join(folder, 'query.f32'), queries);
  writeFileSync(join(folder, 'job.json'), JSON.stringify({ d: D, k: K, cases }));
  execFileSync(python, [script, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("lists that faiss's OnDiskInvertedLists wrote", () => {
  it.each(cases)(
    '$factory, $metric: answers as faiss does, from a quarter of them in memory',
    async ({ name }) => {
      const listCacheBytes = statSync(join(folder, `${name}.ivfdata`)).size / 4;
      const index = await readIndexFile(join(folder, `${name}.index`), { listCacheBytes });
      expect(index.ntotal).toBe(N);
      const results: { nprobe: number; labels: number[]; distances: number[] }[] = JSON.parse(
        readFileSync(join(folder, `${name}.json`), 'utf8'),
      );
      for (const { nprobe, labels, distances } of results) {
        const found = await index.search(queries, K, { nprobe });
        const scale = Math.max(...distances.filter((v) => Math.abs(v) < 1e38).map(Math.abs));
        found.distances.forEach((v, i) => {
          const wanted = distances[i]!;
          expect(Math.abs(v - wanted)).toBeLessThanOrEqual(1e-5 * scale);
          // where no neighbour is as near, rounding decides nothing
          const tied = [i - 1, i + 1].some(
            (j) => Math.abs((distances[j] ?? Infinity) - wanted) < 2e-5 * scale,
          );
          if (!tied) expect(found.labels[i]).toBe(labels[i]);
        });
      }
      await expect(index.add(base.subarray(0, D))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
      index.dispose();
    },
  );
});
