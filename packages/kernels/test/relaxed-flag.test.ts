import v8 from 'node:v8';
import { afterEach, expect, it, vi } from 'vitest';
import { type Kernels, loadKernels } from '../src/index.js';
import { hasRelaxedSimd, levelUnderTest } from './helpers/levels.js';

/** Whether this is an engine with a flag for it. */
const FLAGGED = process.versions.v8.startsWith('11.3.');

afterEach(() => vi.restoreAllMocks());

/** The sums of one block of FastScan codes, which come from relaxed table look-ups. */
function sums({ memory, pq4Scan }: Kernels): Uint16Array {
  const M2 = 30;
  const [codes, lut, out] = [memory.alloc(16 * M2), memory.alloc(16 * M2), memory.alloc(64)];
  for (let i = 0; i < 16 * M2; i++) {
    memory.u8(codes, 16 * M2)[i] = (i * 167) % 256;
    memory.u8(lut, 16 * M2)[i] = (i * 91) % 256;
  }
  pq4Scan(codes, 1, 32, M2, lut, 7, out);
  return memory.u16(out, 32).slice();
}

it.skipIf(levelUnderTest === 'scalar')(
  'relaxed SIMD is switched on where V8 has a flag for it, and only when told to',
  async () => {
    const set = vi.spyOn(v8, 'setFlagsFromString');
    const before = await loadKernels();
    expect(before.level).toBe(hasRelaxedSimd() ? 'relaxed-simd' : 'simd128');
    await loadKernels({ level: 'simd128', experimentalRelaxedSimd: true });
    expect(set).not.toHaveBeenCalled();
    const after = await loadKernels({ experimentalRelaxedSimd: true });
    expect(set.mock.calls).toEqual(FLAGGED ? [['--experimental-wasm-relaxed-simd']] : []);
    expect(after.level).toBe('relaxed-simd');
    expect(hasRelaxedSimd()).toBe(true);
    expect(sums(after.instantiate())).toEqual(sums((await loadKernels({ level: 'scalar' })).instantiate()));
  },
);
