import { formatFactory } from '@lutra/factory';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { afterEach, expect, it } from 'vitest';
import {
  backend,
  build,
  create,
  disposeAll,
  distancesTo,
  expectError,
  nearest,
  rows,
  track,
} from './backend.js';

const d = 16;
const x = rows(3000, d);
const q = rows(40, d, 9);

afterEach(disposeAll);

async function recallAt(index: Awaited<ReturnType<typeof build>>, efSearch?: number): Promise<number> {
  const { labels } = await index.search(q, 10, efSearch === undefined ? {} : { efSearch });
  let hits = 0;
  for (let i = 0; i < 40; i++) {
    const truth = nearest(distancesTo(q.subarray(i * d, (i + 1) * d), x, d), 10);
    for (const label of labels.subarray(i * 10, (i + 1) * 10)) if (truth.includes(label)) hits++;
  }
  return hits / 400;
}

it('efSearch acts, a call at a time, and is stored in the file', async () => {
  const index = await build('HNSW16', x, d);
  expect(index.parameters).toEqual({ efSearch: 16 });
  const [narrow, wide] = [await recallAt(index, 1), await recallAt(index, 400)];
  expect(wide).toBeGreaterThan(narrow);
  expect(wide).toBeGreaterThan(0.95);
  index.setParameters({ efSearch: 400 });
  expect(await recallAt(index)).toBe(wide);
  const data = decodeIndex(encodeIndex(index.toData()));
  const again = track(await backend.load(data));
  expect(formatFactory(again.spec)).toBe('HNSW16');
  expect(again.parameters).toEqual({ efSearch: 400 });
  expect(await again.search(q, 10)).toEqual(await index.search(q, 10));
});

it('the graph is the same at every build, whatever the threads', async () => {
  const files: Uint8Array[] = [];
  for (const threads of [1, 2, 2, 4, undefined]) {
    const index = track(await create('HNSW16', d));
    await index.add(x, { threads });
    files.push(encodeIndex(index.toData()));
  }
  for (const file of files.slice(1)) expect(Buffer.compare(file, files[0]!)).toBe(0);
});

it('vectors come back as they are; nothing leaves a graph or comes from another', async () => {
  const index = await build('HNSW8', x, d);
  expect(await index.reconstruct([7, 2999])).toEqual(
    Float32Array.of(...x.subarray(7 * d, 8 * d), ...x.subarray(2999 * d)),
  );
  await expectError(() => index.removeIds({ kind: 'range', min: 0, max: 9 }), 'UNSUPPORTED', /removeIds/);
  const other = await build('HNSW8', x, d);
  await expectError(() => index.mergeFrom(other), 'UNSUPPORTED', /mergeFrom/);
  expect([index.ntotal, other.ntotal]).toEqual([3000, 3000]);
  index.reset();
  expect((await index.search(q, 1)).labels[0]).toBe(-1);
  await index.add(x);
  expect(await recallAt(index, 100)).toBeGreaterThan(0.95);
});

it.each(['HNSW8,SQ8', 'HNSW8,PQ4', 'IVF8_HNSW8,Flat', 'Flat,Refine(HNSW8)'])(
  '%s is refused with a reason',
  async (factory) => {
    await expectError(() => create(factory, d), 'UNSUPPORTED', /not run/);
  },
);
