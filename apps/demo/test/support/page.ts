import { findChromium } from '@lutra-tooling/vitest/chromium';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect, inject } from 'vitest';

/** Longer than anything takes on a busy machine with two cores. */
const TIMEOUT = 60_000;

let browser: Promise<Browser> | undefined;

function launched(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('no Chromium found: install it, or set CHROMIUM_PATH');
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--autoplay-policy=no-user-gesture-required',
  ];
  browser ??= chromium.launch({ executablePath, args });
  return browser;
}

/** A page of the demo, and everything that it complained of in the console. */
export interface Demo {
  readonly page: Page;
  readonly complaints: string[];
  /** Closes the page; fails if it complained. */
  done(): Promise<void>;
}

/** Opens the demo in a context of its own. */
export async function openDemo(options: BrowserContextOptions = {}): Promise<Demo> {
  const context = await (await launched()).newContext({
    ...{ viewport: { width: 1200, height: 900 }, acceptDownloads: true, reducedMotion: 'reduce' },
    ...{ permissions: ['clipboard-read', 'clipboard-write'], ...options },
  });
  await context.addInitScript(noteSounds);
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(inject('demo'));
  const done = async (): Promise<void> => {
    await context.close();
    expect(complaints).toEqual([]);
  };
  return { page, complaints, done };
}

/** A sound that the page has played. */
interface Played {
  readonly seconds: number;
  readonly peak: number;
}

/** Runs in the page, before it: keeps what is played, as no test can wait for a moment's sound. */
function noteSounds(): void {
  const played: Played[] = [];
  Object.assign(globalThis, { played });
  const { start } = AudioBufferSourceNode.prototype;
  AudioBufferSourceNode.prototype.start = function (...args) {
    const peak = this.buffer!.getChannelData(0).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    played.push({ seconds: this.buffer!.duration, peak });
    return start.apply(this, args);
  };
}

/** The sound that is played by a click. */
export async function playedBy(page: Page, click: () => Promise<void>): Promise<Played> {
  const sounds = (): Played[] => (globalThis as unknown as { played: Played[] }).played;
  const before = (await page.evaluate(sounds)).length;
  await click();
  await page.waitForFunction(
    (n) => (globalThis as unknown as { played: unknown[] }).played.length > n,
    before,
  );
  return (await page.evaluate(sounds)).at(-1)!;
}

/** Ends the browser of this file's tests. */
export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

export async function openSpeech(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Speech/ }).click();
  await page.locator('#dataset').getByText('5,629 vectors').waitFor();
}

export async function openWords(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Words/ }).click();
  await page.locator('#dataset').getByText('10,000 vectors').waitFor();
}

/** Gives the page files, as a user does who chooses them. */
export async function giveFiles(
  page: Page,
  files: readonly { name: string; bytes: Uint8Array }[],
): Promise<void> {
  await page.locator('#files').setInputFiles(
    files.map(({ name, bytes }) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(bytes),
    })),
  );
}

/** Builds what stands in the bar, or `factory`, and waits until it is measured. */
export async function build(page: Page, factory?: string): Promise<void> {
  if (factory !== undefined) await page.locator('#factory-string').fill(factory);
  await page.getByRole('button', { name: /^Train and add/ }).click();
  await page.locator('#outcome').waitFor();
  await measured(page);
}

/** Waits until what is asked of the worker is answered. */
export async function measured(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const text = document.querySelector('#recall')?.textContent;
    return text && text !== '–' && !document.querySelector('.numbers[aria-busy="true"]');
  });
}

/** The recall that the page shows, 0 to 1. */
export async function recallOf(page: Page): Promise<number> {
  return Number.parseFloat((await page.locator('#recall').textContent())!) / 100;
}

/** Moves a slider to one of its steps, and waits for what follows. */
export async function slide(page: Page, id: string, step: number): Promise<void> {
  const before = await page.locator('#curve').getAttribute('data-points');
  await page.locator(`#${id}`).fill(String(step));
  await page.waitForFunction(
    (n) => document.querySelector('#curve')?.getAttribute('data-points') !== n,
    before,
  );
  await measured(page);
}

/** The pixels of a canvas, `(height, width, 4)`, read from a copy: the page's own is made for drawing. */
async function pixelsOf(page: Page, selector: string): Promise<Uint8Array> {
  const text = await page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const copy = document.createElement('canvas');
      copy.width = canvas.width;
      copy.height = canvas.height;
      const target = copy.getContext('2d', { willReadFrequently: true })!;
      target.drawImage(canvas, 0, 0);
      const { data } = target.getImageData(0, 0, copy.width, copy.height);
      let bytes = '';
      for (let i = 0; i < data.length; i += 8192) bytes += String.fromCharCode(...data.subarray(i, i + 8192));
      return btoa(bytes);
    });
  return Buffer.from(text, 'base64');
}

/** Of a canvas: how many colours it shows, as a sign that something is drawn. */
export async function coloursIn(page: Page, selector: string): Promise<number> {
  const pixels = await pixelsOf(page, selector);
  const seen = new Set<number>();
  for (let i = 0; i < pixels.length; i += 4) {
    seen.add((pixels[i]! << 16) | (pixels[i + 1]! << 8) | pixels[i + 2]!);
  }
  return seen.size;
}

/** Of a canvas: the pixels on which something is painted. */
export async function paintedIn(page: Page, selector: string): Promise<number> {
  const pixels = await pixelsOf(page, selector);
  let count = 0;
  for (let i = 3; i < pixels.length; i += 4) if (pixels[i]! > 25) count++;
  return count;
}

/** What went wrong, as the page says it. */
export async function problemOf(page: Page): Promise<string> {
  return (await page.locator('.problem').first().textContent())!;
}
