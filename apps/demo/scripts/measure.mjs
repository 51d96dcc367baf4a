// node apps/demo/scripts/measure.mjs [--rounds 3] [--large] -- the built page beside Node on this machine, in turns: training and
// filling IVF918,PQ128x4fs,RFlat of 50,000 × 256, one query, and how soon the page answers a click meanwhile. `--large` also
// opens files of 500 MB, rows and an index. Build first: turbo run build --filter=@lutra/demo
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NpyWriter, openNpyFile } from '@lutra/npy/node';
import { findChromium } from '@lutra-tooling/vitest/chromium';
import { indexFactory, ts } from 'lutra';
import { writeIndexFile } from 'lutra/node';
import { chromium } from 'playwright-core';
import { preview } from 'vite';

const { values: asked } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, large: { type: 'boolean', default: false } },
});
const FACTORY = 'IVF918,PQ128x4fs,RFlat';
const D = 256;
const folder = mkdtempSync(join(tmpdir(), 'lutra-measure-'));

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Rows around clumps that lie in 24 dimensions, with noise in all: about as hard to tell apart as speech. */
async function writeRows(path, n) {
  let state = 20_240_607;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const directions = Float32Array.from({ length: 24 * D }, random);
  const clumps = Float32Array.from({ length: 600 * 24 }, () => 3 * random());
  const writer = await NpyWriter.create(path, { d: D });
  const block = new Float32Array(1000 * D);
  for (let first = 0; first < n; first += 1000) {
    for (let row = 0; row < 1000; row++) {
      const clump = Math.floor((random() + 0.5) * 600) * 24;
      const x = block.subarray(row * D, (row + 1) * D);
      for (let j = 0; j < D; j++) x[j] = 0.5 * random();
      for (let i = 0; i < 24; i++) {
        const weight = clumps[clump + i] + random();
        for (let j = 0; j < D; j++) x[j] += weight * directions[i * D + j];
      }
    }
    await writer.write(block.subarray(0, Math.min(1000, n - first) * D));
  }
  await writer.close();
}

/** The file of an index that holds those rows. */
async function indexOf(npy) {
  const path = npy.replace('.npy', '.index');
  const source = await openNpyFile(npy);
  const index = await indexFactory('IVF256,Flat', { d: D, backends: [ts()] });
  await index.train(await source.readRows(0, 20_000));
  await index.add(source);
  await writeIndexFile(path, index);
  index.dispose();
  return path;
}

/** Seconds of training and adding in Node, at the level named. */
async function inNode(rows, level) {
  const index = await indexFactory(FACTORY, { d: D, backends: [ts(level ? { level } : {})] });
  const start = performance.now();
  await index.train(rows);
  await index.add(rows);
  const seconds = (performance.now() - start) / 1000;
  index.dispose();
  return seconds;
}

/** Clicks while `busy` is shown, each with the milliseconds until the page has drawn its answer. */
async function clicksWhile(page, busy) {
  const waits = [];
  const summary = page.locator('.advice summary');
  await page.evaluate(() => {
    const waits = [];
    Object.assign(globalThis, { waits });
    document.querySelector('.advice summary').addEventListener('click', (event) => {
      const start = event.timeStamp;
      requestAnimationFrame(() => setTimeout(() => waits.push(performance.now() - start)));
    });
  });
  while (await page.locator(busy).count()) {
    await summary.click({ timeout: 2000 }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  waits.push(...(await page.evaluate(() => globalThis.waits)));
  return waits;
}

async function inPage(browser, url, path) {
  const page = await browser.newPage();
  page.setDefaultTimeout(600_000);
  await page.goto(url);
  await page.locator('#files').setInputFiles(path);
  await page.locator('#dataset').waitFor();
  await page.locator('.map canvas').waitFor();
  await page.locator('#factory-string').fill(FACTORY);
  await page.getByRole('button', { name: 'Train and add' }).click();
  await page.locator('#build .progress').waitFor();
  const waits = await clicksWhile(page, '#build .progress');
  await page.locator('#outcome').waitFor();
  await page.waitForFunction(() => {
    const text = document.querySelector('#recall')?.textContent;
    return text && text !== '–' && !document.querySelector('.numbers[aria-busy="true"]');
  });
  const text = async (selector) => (await page.locator(selector).textContent()).trim();
  const stages = await page.locator('.stages').textContent();
  const told = await text('#outcome strong');
  const seconds = Number.parseFloat(told) * (told.endsWith('min') ? 60 : told.endsWith('ms') ? 0.001 : 1);
  const found = { seconds, stages, p50: await text('#latency'), recall: await text('#recall'), waits };
  await page.close();
  return found;
}

/** The longest that a timer of the page waited while a file is opened, and the longest task that held it up, in milliseconds. */
async function openLarge(browser, url, path) {
  const page = await browser.newPage();
  page.setDefaultTimeout(600_000);
  await page.goto(url);
  await page.evaluate(() => {
    let last = performance.now();
    Object.assign(globalThis, { longest: 0, longestTask: 0 });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries())
        globalThis.longestTask = Math.max(globalThis.longestTask, duration);
    }).observe({ type: 'longtask' });
    setInterval(() => {
      globalThis.longest = Math.max(globalThis.longest, performance.now() - last);
      last = performance.now();
    }, 5);
  });
  const start = performance.now();
  await page.locator('#files').setInputFiles(path);
  await page.locator('#dataset').waitFor();
  const seconds = (performance.now() - start) / 1000;
  const held = await page.evaluate(() => ({ longest: globalThis.longest, task: globalThis.longestTask }));
  await page.close();
  return { seconds, ...held };
}

const server = await preview({ root: fileURLToPath(new URL('..', import.meta.url)), preview: { port: 0 } });
const [url] = server.resolvedUrls.local;
const executablePath = findChromium();
if (!executablePath) throw new Error('no Chromium found: install it, or set CHROMIUM_PATH');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const path = join(folder, 'rows.npy');
  await writeRows(path, 50_000);
  const source = await openNpyFile(path);
  const rows = await source.readRows(0, 50_000);
  const ratios = [];
  const waits = [];
  for (let round = 0; round < Number(asked.rounds); round++) {
    const node = await inNode(rows);
    const page = await inPage(browser, url, path);
    ratios.push(page.seconds / node);
    waits.push(...page.waits);
    console.log(
      `round ${round + 1}: Node ${node.toFixed(2)} s, page ${page.seconds.toFixed(2)} s (${page.stages.trim()}),`,
    );
    console.log(
      `  ratio ${(page.seconds / node).toFixed(2)}; one query p50 ${page.p50}, recall@10 ${page.recall}`,
    );
  }
  waits.sort((a, b) => a - b);
  console.log(`median ratio ${median(ratios).toFixed(2)} (wanted: at most 1.5)`);
  console.log(
    `${waits.length} clicks while training: median ${median(waits).toFixed(0)} ms, 95 of 100 within ` +
      `${waits[Math.floor(0.95 * (waits.length - 1))].toFixed(0)} ms, longest ${waits.at(-1).toFixed(0)} ms (wanted: 100)`,
  );
  if (asked.large) {
    const large = join(folder, 'large.npy');
    await writeRows(large, 490_000);
    for (const path of [large, await indexOf(large)]) {
      const { seconds, longest, task } = await openLarge(browser, url, path);
      console.log(
        `502 MB of ${extname(path)} opened in ${seconds.toFixed(1)} s, a timer of the page waited ${longest.toFixed(0)} ms at ` +
          `most, its longest task took ${task > 0 ? task.toFixed(0) : 'under 50'} ms`,
      );
    }
  }
} finally {
  await browser.close();
  await server.close();
  rmSync(folder, { recursive: true });
}
