import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { indexFactory, readIndex, writeIndex } from 'lutra';
import { lancedb } from '../dist/index.js';

const d = 16;
const folder = mkdtempSync(join(tmpdir(), 'lancedb-test-'));
const backends = [lancedb({ folder })];
after(() => rmSync(folder, { recursive: true, force: true }));

/** `(n, d)`, the same for the same seed. */
function rows(n, seed) {
  let state = seed;
  return Float32Array.from({ length: n * d }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

async function filled(factory, metric = 'l2') {
  const index = await indexFactory(factory, { d, metric, backends });
  await index.train(rows(1000, 1));
  await index.add(rows(1500, 2));
  return index;
}

test('its folder is there while the index is, and gone after dispose', async () => {
  const index = await filled('IVF8,Flat');
  assert.equal(readdirSync(folder).length, 1);
  index.dispose();
  index.dispose();
  assert.deepEqual(readdirSync(folder), []);
});

test('the file it writes is answered alike by another engine, list by list', async () => {
  for (const [factory, metric] of [
    ['IVF8,Flat', 'l2'],
    ['IVF8,Flat', 'ip'],
    ['IVF8,PQ8', 'l2'],
    ['IVF8,PQ8,RFlat', 'l2'],
  ]) {
    const index = await filled(factory, metric);
    // rows that come later are sorted by the same centroids
    for (const seed of [3, 4, 5]) await index.add(rows(200, seed));
    const elsewhere = await readIndex(writeIndex(index));
    const queries = rows(50, 9);
    for (const nprobe of [1, 3, 8]) {
      const mine = await index.search(queries, 10, { nprobe });
      const theirs = await elsewhere.search(queries, 10, { nprobe });
      const same = mine.labels.filter((label, i) => label === theirs.labels[i]).length;
      // the two round sums differently: a tie may fall either way
      assert.ok(same >= 495, `${factory} ${metric} nprobe ${nprobe}: ${same} of 500 labels are the same`);
    }
    index.dispose();
    elsewhere.dispose();
  }
});

test('what LanceDB does not have is refused before anything is built, with the reason', async () => {
  const refused = [
    ['Flat', 'l2', /only IVFn,Flat and IVFn,PQm map to LanceDB/],
    ['IVF8,PQ8', 'ip', /codes added vectors wrongly for inner products/],
    ['IVF8,PQ8x4', 'l2', /in 8 bits, not in 4/],
    ['IVF8,SQ8', 'l2', /has no ScalarQuantizer/],
    ['IVF8_HNSW16,Flat', 'l2', /by exact search only/],
    ['IVF8,Flat', 'l1', /has no metric l1/],
  ];
  for (const [factory, metric, reason] of refused) {
    await assert.rejects(indexFactory(factory, { d, metric, backends }), {
      code: 'UNSUPPORTED',
      message: reason,
    });
  }
  assert.deepEqual(readdirSync(folder), []);
});

test('a reset keeps the training: the same rows are found in the same lists', async () => {
  const index = await filled('IVF8,PQ8');
  const queries = rows(20, 9);
  const before = await index.search(queries, 5);
  index.reset();
  await index.add(rows(1500, 2));
  const afterwards = await index.search(queries, 5);
  assert.deepEqual(afterwards.labels, before.labels);
  index.dispose();
});
