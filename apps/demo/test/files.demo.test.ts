import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeNpy, encodeNpz } from '@lutra/npy';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  build,
  closeBrowser,
  type Demo,
  giveFiles,
  measured,
  openDemo,
  openWords,
  problemOf,
  recallOf,
} from './support/page.js';
import { python } from './support/python.js';
import { clumpedRows } from './support/rows.js';

const D = 24;
const npy = (n: number, seed: number, d = D): Uint8Array =>
  encodeNpy({ shape: [n, d], data: clumpedRows(n, d, seed) });

describe('files', () => {
  let demo: Demo;
  beforeEach(async () => {
    demo = await openDemo();
  });
  afterEach(async () => {
    await demo.done();
  });
  afterAll(closeBrowser);

  it('reads several .npy files in the order of their names, and names rows by them', async () => {
    const { page } = demo;
    await giveFiles(page, [
      { name: 'b.npy', bytes: npy(500, 2) },
      { name: 'a.npy', bytes: npy(1500, 1) },
    ]);
    await page.locator('#dataset').getByText('2,000 vectors of 24 dimensions').waitFor();
    expect(await page.locator('#factory-string').inputValue()).toBe('IVF51,PQ12x4fs,RFlat');
    await build(page);
    expect(await recallOf(page)).toBeGreaterThan(0.8);
    await page.locator('#query-row').fill('1600');
    await page.locator('#query-row').press('Enter');
    await page.locator('#see h3').getByText('b, row 100').waitFor();
  });

  it('reads an .npz, and searches by inner product', async () => {
    const { page } = demo;
    const data = clumpedRows(900, D);
    const bytes = encodeNpz({
      features: { shape: [900, D], data },
      ids: { shape: [900], data: new Int32Array(900) },
    });
    await giveFiles(page, [{ name: 'set.npz', bytes }]);
    await page.locator('#dataset').getByText('900 vectors of 24 dimensions').waitFor();
    await page.locator('#metric').selectOption('ip');
    await build(page, 'Flat');
    expect(await recallOf(page)).toBe(1);
    expect(await page.locator('#see').textContent()).toContain('900 of 900 vectors');
  });

  it('opens an index that faiss wrote, with ids of its own', async () => {
    const { page } = demo;
    const folder = mkdtempSync(join(tmpdir(), 'lutra-demo-'));
    const code = `
import sys, faiss, numpy
x = numpy.random.default_rng(5).normal(size=(3000, ${D})).astype('float32')
index = faiss.index_factory(${D}, 'IVF32,Flat')
index.train(x)
index.add_with_ids(x, numpy.arange(3000) * 7 + 100000)
index.nprobe = 3
faiss.write_index(index, sys.argv[1])`;
    python(code, join(folder, 'from-faiss.index'));
    await giveFiles(page, [
      { name: 'from-faiss.index', bytes: readFileSync(join(folder, 'from-faiss.index')) },
    ]);
    rmSync(folder, { recursive: true });
    await page.locator('#outcome').getByText('IVF32,Flat').waitFor();
    await measured(page);
    expect(await page.locator('#outcome').textContent()).toContain('3,000 vectors');
    await page.locator('#measure-nprobe').fill('99');
    await page.waitForFunction(() => document.querySelector('#recall')?.textContent === '100.0 %');
  });

  it('opens an index of codes, and says what that means', async () => {
    const { page } = demo;
    await giveFiles(page, [{ name: 'a.npy', bytes: npy(1500, 1) }]);
    await build(page, 'IVF16,PQ12');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: /^a\.index/ }).click(),
    ]);
    const bytes = readFileSync((await download.path())!);
    await giveFiles(page, [{ name: 'codes.index', bytes }]);
    await page.locator('#outcome').getByText('The file keeps codes, not vectors').waitFor();
    await measured(page);
    const remembered = await recallOf(page);
    await giveFiles(page, [
      { name: 'codes.index', bytes },
      { name: 'a.npy', bytes: npy(1500, 1) },
    ]);
    await page.locator('#dataset').getByText('Your file').waitFor();
    await page.waitForFunction(
      () => !document.querySelector('#outcome')?.textContent?.includes('keeps codes'),
    );
    await measured(page);
    // by what the codes remember they seem better than by the vectors as they were
    expect(await recallOf(page)).toBeLessThan(remembered);
  });

  it.each([
    ['cut.npy', npy(100, 1).subarray(0, 1000), /^cut\.npy: .*bytes/],
    ['text.npy', new TextEncoder().encode('no numbers here'), /^text\.npy: /],
    ['noise.index', new Uint8Array(400).fill(7), /^noise\.index: /],
    ['line.npz', encodeNpz({ a: { shape: [9], data: new Float32Array(9) } }), /^line\.npz: no array of rows/],
    ['nan.npy', encodeNpy({ shape: [1, 2], data: new Float32Array([1, Number.NaN]) }), /row 0 holds NaN/],
  ])('says in a sentence what is wrong with %s', async (name, bytes, wanted) => {
    await giveFiles(demo.page, [{ name, bytes }]);
    await demo.page.locator('.problem').waitFor();
    expect(await problemOf(demo.page)).toMatch(wanted);
    expect(await problemOf(demo.page)).toMatch(/\.$/);
    await openWords(demo.page);
    expect(await demo.page.locator('.problem').count()).toBe(0);
  });

  it('refuses files that do not fit each other', async () => {
    await giveFiles(demo.page, [
      { name: 'a.npy', bytes: npy(10, 1, 8) },
      { name: 'b.npy', bytes: npy(10, 1, 9) },
    ]);
    await demo.page.locator('.problem').waitFor();
    expect(await problemOf(demo.page)).toBe('b.npy: rows of 9 numbers, those of a.npy have 8.');
  });
});
