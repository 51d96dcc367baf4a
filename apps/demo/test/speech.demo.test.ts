import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  build,
  closeBrowser,
  coloursIn,
  type Demo,
  measured,
  openDemo,
  openSpeech,
  paintedIn,
  playedBy,
  recallOf,
  slide,
} from './support/page.js';

/** The speech set from the first click to the blend, as one visit. */
describe('the speech set', () => {
  let demo: Demo;
  const page = (): Demo['page'] => demo.page;

  beforeAll(async () => {
    demo = await openDemo();
    await openSpeech(page());
    await build(page());
  });
  afterAll(async () => {
    await demo?.done();
    await closeBrowser();
  });

  it('says where it comes from and proposes a string', async () => {
    expect(await page().locator('#dataset').textContent()).toMatch(/flite.*festival.*espeak-ng.*MIT/);
    expect(await page().locator('#factory-string').inputValue()).toBe('IVF144,PQ128x4fs,RFlat');
  });

  it('is built by vector instructions, with the time of each stage', async () => {
    expect(await page().locator('#outcome').textContent()).toMatch(/5,629 vectors.*SIMD/);
    const stages = await page().locator('.stages li').allTextContents();
    expect(stages.join()).toMatch(/k-means.*pq.*add/);
  });

  it('is drawn with its cells, the query and what was found', async () => {
    expect(await coloursIn(page(), '.map canvas')).toBeGreaterThan(50);
    expect(await page().getByRole('list', { name: 'Neighbours found' }).locator('li').count()).toBe(10);
    expect(await page().locator('.map canvas').getAttribute('aria-label')).toMatch(
      /10 neighbours found and \d+ missed/,
    );
    expect(await page().locator('#lists').textContent()).toMatch(/144 lists of 39 vectors/);
  });

  it('shows more of the true neighbours with more lists, and lights their cells', async () => {
    const lit = (): Promise<number> => paintedIn(page(), '.map canvas');
    await slide(page(), 'see-nprobe', 0);
    const [few, dark] = [await recallOf(page()), await lit()];
    await slide(page(), 'see-nprobe', 12);
    const [many, bright] = [await recallOf(page()), await lit()];
    expect(few).toBeLessThan(0.75);
    expect(many).toBeGreaterThan(0.9);
    expect(bright).toBeGreaterThan(1.1 * dark);
  });

  it('finds candidates by the codes that the refinement sorts', async () => {
    await slide(page(), 'see-kFactor', 0);
    const few = await recallOf(page());
    await slide(page(), 'see-kFactor', 5);
    expect(await recallOf(page())).toBeGreaterThan(few + 0.1);
    expect(await page().locator('.legend').textContent()).toContain('candidates');
  });

  it('searches for the vector that is clicked', async () => {
    const before = await page().locator('#see h3').first().textContent();
    const box = (await page().locator('.map canvas').boundingBox())!;
    await page()
      .locator('.map canvas')
      .click({ position: { x: box.width * 0.6, y: box.height * 0.7 } });
    await page().waitForFunction((old) => document.querySelector('#see h3')?.textContent !== old, before);
    expect(await page().locator('#query-from').inputValue()).toBe('rows');
  });

  it('plays a frame that was found', async () => {
    const button = page().locator('.neighbours .play').first();
    expect(await button.getAttribute('aria-label')).toMatch(/^Play \d+_\d+ at \d+\.\d\d s$/);
    const { seconds, peak } = await playedBy(page(), () => button.click());
    expect(seconds).toBeGreaterThan(0.25);
    expect(seconds).toBeLessThanOrEqual(0.6);
    expect(peak).toBeGreaterThan(0);
  });

  it('gathers what was measured, and marks what no other beats', async () => {
    const points = Number(await page().locator('#curve').getAttribute('data-points'));
    expect(points).toBeGreaterThanOrEqual(5);
    expect(await page().locator('#curve [aria-label="dot"] circle').count()).toBeGreaterThanOrEqual(points);
    expect(await page().locator('#curve [aria-label="line"] path').count()).toBe(1);
    expect(await page().locator('#latency').textContent()).toMatch(/ms$/);
  });

  it('reaches 95 % by the tuner', async () => {
    await page().getByRole('button', { name: 'Reach 95 %' }).click();
    await page().locator('#reached').getByText('Reached: ').waitFor();
    await measured(page());
    expect(await recallOf(page())).toBeGreaterThanOrEqual(0.945);
    expect(await page().locator('#reached').textContent()).toMatch(/nprobe=\d+,kFactor=\d+ is the cheapest/);
  });

  it('feels the difference of scalar kernels', async () => {
    const fast = await recallOf(page());
    await page().locator('#level').selectOption('scalar');
    await page().locator('#outcome').getByText('scalar TypeScript').waitFor();
    await measured(page());
    expect(await recallOf(page())).toBeCloseTo(fast, 1);
    await page().locator('#level').selectOption('auto');
    await page().locator('#outcome').getByText(/SIMD/).waitFor();
    await measured(page());
  });

  it('blends a clip, to be seen and heard', async () => {
    await page().locator('#blend button[type=submit]').click();
    await page().locator('.spectrograms').waitFor();
    expect(await coloursIn(page(), '.spectrograms figure:nth-of-type(1) canvas')).toBeGreaterThan(100);
    expect(await coloursIn(page(), '.spectrograms figure:nth-of-type(2) canvas')).toBeGreaterThan(100);
    const pixels = (n: number): Promise<string> =>
      page()
        .locator(`.spectrograms figure:nth-of-type(${n}) canvas`)
        .evaluate((c) => (c as HTMLCanvasElement).toDataURL());
    expect(await pixels(1)).not.toBe(await pixels(2));
    for (const what of ['as recorded', 'from its features', 'from the blended features']) {
      const play = page().getByRole('button', { name: `Play festival-kal ${what}` });
      const { seconds, peak } = await playedBy(page(), () => play.click());
      expect(seconds).toBeGreaterThan(3);
      expect(peak).toBeGreaterThan(0.1);
      await page()
        .getByRole('button', { name: `Stop festival-kal ${what}` })
        .click();
      await play.waitFor();
    }
  });

  it('changes nothing at an index rate of 0', async () => {
    await page().locator('#rate').fill('0');
    const before = await page()
      .locator('.spectrograms figure:nth-of-type(2) canvas')
      .evaluate((c) => (c as HTMLCanvasElement).toDataURL());
    await page().locator('#blend button[type=submit]').click();
    await page().waitForFunction((old) => {
      const canvas = document.querySelector<HTMLCanvasElement>('.spectrograms figure:nth-of-type(2) canvas');
      return canvas!.toDataURL() !== old;
    }, before);
    const pixels = await page()
      .locator('.spectrograms canvas')
      .evaluateAll((all) => all.map((c) => (c as HTMLCanvasElement).toDataURL()));
    expect(pixels[0]).toBe(pixels[1]);
  });
});
