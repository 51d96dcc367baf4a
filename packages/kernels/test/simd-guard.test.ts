import { expect, it } from 'vitest';
import { type Kernels, loadKernels } from '../src/index.js';

/** Nanoseconds of the best of twenty scans of 64 blocks with 64 sub-quantizers. */
function bestScan({ memory, pq4Scan }: Kernels): number {
  const [nblocks, M2] = [64, 64];
  const codes = memory.alloc(nblocks * 16 * M2);
  const lut = memory.alloc(16 * M2);
  const out = memory.alloc(2 * nblocks * 32);
  memory.u8(codes, nblocks * 16 * M2).fill(0x5a);
  memory.u8(lut, 16 * M2).fill(3);
  let best = Infinity;
  for (let round = 0; round < 20; round++) {
    const start = process.hrtime.bigint();
    pq4Scan(codes, nblocks, 32, M2, lut, 0, out);
    best = Math.min(best, Number(process.hrtime.bigint() - start));
  }
  return best;
}

// About thirtyfold on an idle machine; twice is enough to tell SIMD from a silent fallback.
it('simd128 scans at least twice as fast as scalar', { retry: 1 }, async () => {
  const scalar = (await loadKernels({ level: 'scalar' })).instantiate();
  const simd = (await loadKernels({ level: 'simd128' })).instantiate();
  expect(bestScan(scalar) / bestScan(simd)).toBeGreaterThan(2);
});
