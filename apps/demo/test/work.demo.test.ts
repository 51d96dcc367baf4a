import { encodeNpy } from '@lutra/npy';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  build,
  closeBrowser,
  type Demo,
  giveFiles,
  measured,
  openDemo,
  openWords,
  recallOf,
} from './support/page.js';
import { clumpedRows } from './support/rows.js';

describe('the work bench', () => {
  let demo: Demo;
  beforeEach(async () => {
    demo = await openDemo();
  });
  afterEach(async () => {
    await demo.done();
  });
  afterAll(closeBrowser);

  it('reads a string while it is typed: fault, caret, completion, meaning', async () => {
    const { page } = demo;
    await openWords(page);
    const says = page.locator('#factory-says');
    await page.locator('#factory-string').fill('IVF64,PQ25x4fs,RFlut');
    await expect
      .poll(() => says.locator('pre').textContent())
      .toBe(`IVF64,PQ25x4fs,RFlut\n${' '.repeat(15)}^`);
    expect(await says.textContent()).toContain('did you mean "RFlat"?');
    expect(await page.getByRole('button', { name: 'Train and add' }).isDisabled()).toBe(true);
    await page.locator('#factory-string').fill('IVF64,PQ25x4fs,R');
    await page.getByRole('button', { name: 'RFlat', exact: true }).click();
    expect(await page.locator('#factory-string').inputValue()).toBe('IVF64,PQ25x4fs,RFlat');
    await expect
      .poll(() => page.locator('.token code').allTextContents())
      .toEqual(['IVF64', 'PQ25x4fs', 'RFlat']);
    // 13 bytes of codes, 8 of id, 400 of floats
    expect(await page.locator('.facts').textContent()).toContain('421 B');
    expect(await page.locator('.facts').textContent()).toContain('2,496 rows');
    await page.locator('#factory-string').fill('IVF64,PQ7x4fs');
    await expect.poll(() => says.textContent()).toMatch(/multiple of M 7/);
    await page.locator('#metric').selectOption('l2');
    await page.locator('#factory-string').fill('ZnLattice25x14_6');
    await says.getByText('This engine does not build it yet').waitFor();
    await page.getByText('What is recommended').click();
    await page.locator('.advice button').first().click();
    await build(page);
  });

  it('finds the neighbours of a word', async () => {
    const { page } = demo;
    await openWords(page);
    await build(page);
    expect(await page.locator('#metric').inputValue()).toBe('cosine');
    await page.locator('#word').fill('Otter');
    await page.keyboard.press('Enter');
    await page.locator('#see .problem').getByText('“otter” is not among').waitFor();
    await page.locator('#word').fill('guitar');
    await page.keyboard.press('Enter');
    await page.locator('#see h3 q').getByText('guitar').waitFor();
    const near = await page.locator('.neighbours .label').allTextContents();
    expect(near.join(' ')).toMatch(/bass|drums|piano|guitarist/);
    expect(near).not.toContain('guitar');
  });

  it('stops when it is told to, and goes on afterwards', async () => {
    const { page } = demo;
    const [n, d] = [40_000, 64];
    await giveFiles(page, [
      { name: 'large.npy', bytes: encodeNpy({ shape: [n, d], data: clumpedRows(n, d) }) },
    ]);
    await page.locator('#factory-string').fill('IVF1000,PQ32,RFlat');
    await page.getByRole('button', { name: 'Train and add' }).click();
    await page
      .locator('#build .progress')
      .getByText(/k-means/)
      .waitFor();
    await page.locator('#build').getByRole('button', { name: 'Cancel' }).click();
    await page.locator('#build .progress').waitFor({ state: 'detached' });
    expect(await page.locator('#outcome').count()).toBe(0);
    expect(await page.locator('.problem').count()).toBe(0);
    await build(page, 'IVF50,Flat');
  });

  it('works on threads, with the same result', async () => {
    const { page } = demo;
    const [n, d] = [6000, 32];
    await giveFiles(page, [
      { name: 'set.npy', bytes: encodeNpy({ shape: [n, d], data: clumpedRows(n, d) }) },
    ]);
    await build(page, 'IVF40,PQ16x4fs,RFlat');
    const alone = await recallOf(page);
    expect(await page.locator('#threads option').count()).toBeGreaterThan(0);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await page
      .locator('#threads')
      .selectOption({ index: (await page.locator('#threads option').count()) > 1 ? 1 : 0 });
    await measured(page);
    await build(page);
    expect(await recallOf(page)).toBe(alone);
  });
});
