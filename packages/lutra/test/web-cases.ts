import { describe, expect, it } from 'vitest';
import { indexFactory, isLutraError, probeBackends, readIndex, writeIndex } from '../src/index.js';

const d = 24;
const n = 3000;
/** Whole numbers from a linear congruential generator, so that every runtime has the same rows. */
function rows(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count * d }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % 1000;
  });
}

/** What the facade does wherever there is a JavaScript engine; run in Node and in Chromium. */
export function webCases(): void {
  describe('the facade', () => {
    it('runs on WebAssembly kernels', async () => {
      const [status] = await probeBackends();
      expect(status!.probe.ok && status!.probe.details?.level).toMatch(/^(relaxed-simd|simd128)$/);
    });

    it.each([
      ['IVF32,Flat', '3dd2925ca45d6cae'],
      ['IVF32,PQ12x4fs,RFlat', '693d9838d064ca55'],
      ['IVF32,PQ8', '7b1994cdd1bbd5b1'],
    ])('builds %s to the same bytes in every runtime', async (factory, digest) => {
      const index = await indexFactory(factory, { d });
      await index.train(rows(n, 1), { seed: 7 });
      await index.add(rows(n, 1));
      const hash = await crypto.subtle.digest('SHA-256', writeIndex(index).slice());
      const hex = Array.from(new Uint8Array(hash).subarray(0, 8), (b) =>
        b.toString(16).padStart(2, '0'),
      ).join('');
      expect(hex).toBe(digest);
    });

    it('searches what it read from a Blob as before', async () => {
      const index = await indexFactory('IVF32,PQ12x4fs,RFlat', { d });
      await index.train(rows(n, 1));
      await index.add(rows(n, 1));
      const queries = rows(20, 2);
      const parameters = { nprobe: 8, kFactor: 4 };
      const before = await index.search(queries, 5, parameters);
      const again = await readIndex(new Blob([writeIndex(index).slice()]));
      const after = await again.search(queries, 5, parameters);
      expect(after).toEqual(before);
      expect(before.labels.every((id) => id >= 0 && id < n)).toBe(true);
    });

    it('lets the event loop turn while it trains, and stops when told', async () => {
      const index = await indexFactory('IVF1024,PQ24x4fs', { d });
      const controller = new AbortController();
      let turns = 0;
      const timer = setInterval(() => ++turns === 2 && controller.abort(), 1);
      const training = index.train(rows(60_000, 3), { signal: controller.signal });
      const e = await training.catch((x: unknown) => x);
      clearInterval(timer);
      expect(isLutraError(e, 'ABORTED')).toBe(true);
      expect(turns).toBeGreaterThanOrEqual(2);
      expect(index.isTrained).toBe(false);
    });
  });
}
