import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { build, closeBrowser, openDemo, openSpeech, openWords } from './support/page.js';

/** Set by `scripts/pictures.mjs`: pictures are written, not compared. */
const writing = process.env.LUTRA_PICTURES === 'write';
const WIDTH = 160;
const HEIGHT = 700;

const folder = new URL('screens/', import.meta.url);
const readmePicture = fileURLToPath(new URL('../../../docs/images/demo.png', import.meta.url));

/** The whole page, small, as a PNG: fonts and times of the day do not show at this size, what stands where does. */
async function thumbnail(page: Page): Promise<Buffer> {
  const whole = await page.screenshot({ fullPage: true, animations: 'disabled' });
  const url = await page.evaluate(
    async ({ png, width, height }) => {
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      await image.decode();
      const canvas = document.createElement('canvas');
      const scale = Math.min(width / image.width, height / image.height);
      canvas.width = Math.round(image.width * scale);
      canvas.height = Math.round(image.height * scale);
      const target = canvas.getContext('2d')!;
      target.imageSmoothingQuality = 'high';
      target.drawImage(image, 0, 0, canvas.width, canvas.height);
      return canvas.toDataURL('image/png');
    },
    { png: whole.toString('base64'), width: WIDTH, height: HEIGHT },
  );
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}

interface Difference {
  /** Height of the one over that of the other. */
  readonly stretch: number;
  /** Mean difference of brightness over patches of the page, 0 to 255. */
  readonly mean: number;
  /** The largest difference of a patch. */
  readonly most: number;
}

/** How two pictures differ, patch by patch; the browser reads them. */
function difference(page: Page, a: Buffer, b: Buffer): Promise<Difference> {
  return page.evaluate(
    async (pictures) => {
      const [columns, rows] = [10, 40];
      const read = async (png: string): Promise<{ shape: number; patches: Uint8ClampedArray }> => {
        const image = new Image();
        image.src = `data:image/png;base64,${png}`;
        await image.decode();
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [columns, rows];
        const target = canvas.getContext('2d', { willReadFrequently: true })!;
        target.imageSmoothingQuality = 'high';
        target.drawImage(image, 0, 0, columns, rows);
        return { shape: image.height / image.width, patches: target.getImageData(0, 0, columns, rows).data };
      };
      const [one, two] = [await read(pictures[0]!), await read(pictures[1]!)];
      let [sum, most] = [0, 0];
      for (let i = 0; i < one.patches.length; i += 4) {
        const apart = Math.abs(one.patches[i + 1]! - two.patches[i + 1]!);
        sum += apart;
        most = Math.max(most, apart);
      }
      return { stretch: one.shape / two.shape, mean: sum / (columns * rows), most };
    },
    [a.toString('base64'), b.toString('base64')],
  );
}

async function compare(page: Page, name: string): Promise<void> {
  const file = new URL(`${name}.png`, folder);
  const now = await thumbnail(page);
  if (writing) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, now);
  }
  expect(existsSync(file)).toBe(true);
  const { stretch, mean, most } = await difference(page, now, readFileSync(file));
  expect(Math.abs(stretch - 1)).toBeLessThan(0.06);
  expect(mean).toBeLessThan(6);
  expect(most).toBeLessThan(90);
}

/** Waits until drawings are there, which a library that is loaded late makes. */
async function drawn(page: Page): Promise<void> {
  await page.locator('#lists svg').waitFor();
  await page.locator('#curve svg').waitFor();
}

describe('the main states look as they did', () => {
  afterAll(closeBrowser);

  it.each(['light', 'dark'] as const)('at the start, %s', async (colorScheme) => {
    const { page, done } = await openDemo({ colorScheme });
    await page.locator('h1').waitFor();
    await compare(page, `start-${colorScheme}`);
    await done();
  });

  it('with speech, in light', async () => {
    const { page, done } = await openDemo({ viewport: { width: 1200, height: 860 } });
    await openSpeech(page);
    await build(page);
    await drawn(page);
    await compare(page, 'speech-light');
    if (writing) {
      await page.locator('#see').evaluate((section) => section.scrollIntoView());
      mkdirSync(dirname(readmePicture), { recursive: true });
      await page.screenshot({ path: readmePicture, animations: 'disabled' });
    }
    await done();
  });

  it('with words, in dark', async () => {
    const { page, done } = await openDemo({ colorScheme: 'dark' });
    await openWords(page);
    await build(page);
    await drawn(page);
    await compare(page, 'words-dark');
    await done();
  });

  it('with speech, on a phone', async () => {
    const { page, done } = await openDemo({ viewport: { width: 380, height: 760 } });
    await openSpeech(page);
    await build(page);
    await drawn(page);
    await compare(page, 'speech-phone');
    await done();
  });

  it('differs where something is missing', async () => {
    const { page, done } = await openDemo();
    const before = await thumbnail(page);
    await page.locator('.cards').evaluate((cards) => {
      cards.style.visibility = 'hidden';
      document.body.style.background = 'gray';
    });
    const { mean } = await difference(page, before, await thumbnail(page));
    expect(mean).toBeGreaterThan(6);
    await done();
  });
});
