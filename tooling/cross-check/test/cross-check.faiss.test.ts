import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indexFactory, type VectorIndex } from 'lutra';
import { readIndexFile, writeIndexFile } from 'lutra/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Agreement, agreement } from './agreement.js';
import { faissSide, readFloats, readLabels } from './faiss-side.js';

const [n, nq, d, k] = [3000, 50, 32, 10];
/** The ids that the Python half gives an IDMap. */
const ids = Array.from({ length: n }, (_, row) => row * 3 + 1000);

/** Float arithmetic in another order: the last digits of a float32 sum of 32 terms. */
const float: Rule = { distance: 1e-4, labels: 0.995 };
/** Look-up tables rounded to 8 bits: a table entry on the edge may round either way. */
const rounded: Rule = { distance: 2e-2, labels: 0.97 };

interface Rule {
  readonly distance: number;
  readonly labels: number;
}
interface Case {
  readonly factory: string;
  readonly rule: Rule;
  readonly metric: 'l2' | 'ip';
  readonly nprobe?: number;
  readonly kFactor?: number;
}

const cases: Case[] = [
  { factory: 'Flat', rule: float, metric: 'l2' },
  { factory: 'Flat', rule: float, metric: 'ip' },
  { factory: 'IDMap,Flat', rule: float, metric: 'l2' },
  { factory: 'PQ8', rule: float, metric: 'l2' },
  { factory: 'IVF16,Flat', rule: float, metric: 'l2', nprobe: 4 },
  { factory: 'IVF16,PQ8', rule: float, metric: 'l2', nprobe: 4 },
  { factory: 'IVF16,PQ16x4fs,RFlat', rule: rounded, metric: 'l2', nprobe: 4, kFactor: 8 },
  { factory: 'PCA16,IVF16,Flat', rule: float, metric: 'l2', nprobe: 4 },
];

let dir: string;
let base: Float32Array;
let queries: Float32Array;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cross-check-'));
  await faissSide('data', dir, n, nq, d);
  base = await readFloats(dir, 'base.f32');
  queries = await readFloats(dir, 'queries.f32');
});
afterAll(() => rm(dir, { recursive: true }));

/** Our answer over `index` against the one that faiss left under `name`. */
async function compare(index: VectorIndex, name: string, { nprobe, kFactor }: Case): Promise<Agreement> {
  const parameters = { ...(nprobe && { nprobe }), ...(kFactor && { kFactor }) };
  const ours = await index.search(queries, k, parameters);
  const theirs = {
    distances: await readFloats(dir, `${name}.distances`),
    labels: await readLabels(dir, `${name}.labels`),
  };
  return agreement(ours, theirs, k);
}

function expectAgreement({ worstDistance, sameLabels }: Agreement, rule: Rule): void {
  expect(worstDistance).toBeLessThanOrEqual(rule.distance);
  expect(sameLabels).toBeGreaterThanOrEqual(rule.labels);
}

describe.each(cases)('$factory, $metric', (one) => {
  const { factory, rule, metric, nprobe = 0, kFactor = 0 } = one;
  const name = `${factory}-${metric}`.replace(/\W+/g, '-');
  const common = [d, metric, k, nprobe, kFactor];

  it('searches a file of faiss as faiss does', async () => {
    await faissSide('build', dir, `theirs-${name}`, factory, ...common);
    const index = await readIndexFile(join(dir, `theirs-${name}.index`));
    expect([index.d, index.ntotal, index.metric]).toEqual([d, n, metric]);
    expectAgreement(await compare(index, `theirs-${name}`, one), rule);
    index.dispose();
  });

  it('writes a file that faiss searches as we do', async () => {
    const index = await indexFactory(factory, { d, metric });
    await index.train(base);
    await index.add(base, factory.startsWith('IDMap') ? { ids } : {});
    await writeIndexFile(join(dir, `ours-${name}.index`), index);
    await faissSide('read', dir, `ours-${name}`, ...common);
    expectAgreement(await compare(index, `ours-${name}`, one), rule);
    index.dispose();
  });
});
