import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeNpy } from '@lutra/npy';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, closeBrowser, type Demo, openDemo, openSpeech, recallOf } from './support/page.js';
import { python } from './support/python.js';

const demoFolder = fileURLToPath(new URL('..', import.meta.url));
/** Within the package, so that the code taken away finds the packages that it imports. */
const inside = join(demoFolder, 'node_modules/.cache/taken');

/** Searches the held-out clips in faiss and prints recall@10 against its own exact search. */
const RECALL = `
import sys, glob, json, faiss, numpy
index = faiss.read_index(sys.argv[1])
base = numpy.load(sys.argv[2])
queries = numpy.concatenate([numpy.load(f) for f in sorted(glob.glob(sys.argv[3] + '/*.npy'))])
exact = faiss.IndexFlatL2(base.shape[1])
exact.add(base)
_, truth = exact.search(queries, 10)
_, found = index.search(queries, 10)
recall = numpy.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, truth)])
refine = faiss.downcast_index(index)
ivf = faiss.extract_index_ivf(refine.base_index)
print(json.dumps({'recall': float(recall), 'ntotal': index.ntotal, 'nprobe': ivf.nprobe, 'k_factor': refine.k_factor,
                  'class': type(refine).__name__}))
`;

async function downloaded(page: Page, name: RegExp, folder: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name }).click(),
  ]);
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  return path;
}

describe('what is taken away', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lutra-demo-'));
  let demo: Demo;

  beforeAll(async () => {
    demo = await openDemo();
    await openSpeech(demo.page);
    // Node has these kernels as well, and so makes the same bytes
    await demo.page.locator('#level').selectOption('simd128');
    await build(demo.page);
  });
  afterAll(async () => {
    await demo?.done();
    await closeBrowser();
    rmSync(folder, { recursive: true });
    rmSync(inside, { recursive: true, force: true });
  });

  it('is an index that faiss opens, with the parameters and the recall of the page', async () => {
    const index = await downloaded(demo.page, /^speech\.index/, folder);
    const vectors = await downloaded(demo.page, /^speech\.npy/, folder);
    const heldOut = join(demoFolder, '../../examples/voice/held-out');
    const told = JSON.parse(python(RECALL, index, vectors, heldOut));
    expect(told).toMatchObject({ ntotal: 5629, nprobe: 8, k_factor: 4, class: 'IndexRefineFlat' });
    expect(Math.abs(told.recall - (await recallOf(demo.page)))).toBeLessThan(0.005);
  });

  it('is the vectors, float32', () => {
    const { shape, dtype } = decodeNpy(readFileSync(join(folder, 'speech.npy')));
    expect([shape, dtype]).toEqual([[5629, 256], '<f4']);
  });

  it('is a report that opens by itself', async () => {
    const report = await downloaded(demo.page, /^Report/, folder);
    const page = readFileSync(report, 'utf8');
    expect(page).toContain('<title>IVF144,PQ128x4fs,RFlat over speech</title>');
    expect(page).toContain('nprobe 8, kFactor 4');
    expect(page.match(/<svg/g)!.length).toBeGreaterThanOrEqual(4);
    expect(page).not.toContain('<script');
  });

  it('is code that makes the same bytes in Node', async () => {
    await demo.page.getByRole('button', { name: 'Copy the TypeScript' }).click();
    const code = await demo.page.evaluate(() => navigator.clipboard.readText());
    mkdirSync(inside, { recursive: true });
    // it has no types to strip: it runs as it stands
    writeFileSync(join(inside, 'taken.mjs'), code);
    writeFileSync(join(inside, 'speech.npy'), readFileSync(join(folder, 'speech.npy')));
    execFileSync(process.execPath, ['taken.mjs'], { cwd: inside });
    expect(
      readFileSync(join(inside, 'speech.index')).equals(readFileSync(join(folder, 'speech.index'))),
    ).toBe(true);
  });
});
