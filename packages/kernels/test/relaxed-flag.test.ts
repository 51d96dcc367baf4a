import v8 from 'node:v8';
import { afterEach, expect, it, vi } from 'vitest';
import { type Kernels, loadKernels } from '../src/index.js';
import { hasRelaxedSimd, levelUnderTest } from './helpers/levels.js';

/** Whether this is an engine with a flag for it. */
const FLAGGED = process.versions.v8.startsWith('11.3.') && !hasRelaxedSimd();

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

/** `<u, q>` for the rows of one group, not less 64 times their sums, which comes from relaxed products of bytes. */
function products({ memory, int8Bounds }: Kernels): Float32Array {
  const d16 = 48;
  const [q, facts, u, weights, out] = [4 * d16, 80, d16, 20, 16].map((bytes) => memory.alloc(bytes));
  for (let i = 0; i < 4 * d16; i++) memory.u8(q!, 4 * d16)[i] = ((i * 167) % 255) - 127;
  for (let i = 0; i < d16; i++) memory.u8(u!, d16)[i] = 1 + ((i * 91) % 127);
  memory.f32(facts!, 20).fill(0).fill(1, 4, 8);
  memory.f32(weights!, 5).set([0, 0, 1, 0, 0]);
  int8Bounds(q!, facts!, 1, d16, u!, weights!, out!);
  return memory.f32(out!, 4).slice();
}

it('relaxed SIMD is switched on where V8 has a flag for it, and only when told to', async () => {
  if (levelUnderTest === 'scalar') {
    expect((await loadKernels({ level: 'scalar', experimentalRelaxedSimd: true })).level).toBe('scalar');
    return;
  }
  const before = await loadKernels();
  expect(before.level).toBe(hasRelaxedSimd() ? 'relaxed-simd' : 'simd128');
  const set = vi.spyOn(v8, 'setFlagsFromString');
  await loadKernels({ level: 'simd128', experimentalRelaxedSimd: true });
  expect(set).not.toHaveBeenCalled();
  const after = await loadKernels({ experimentalRelaxedSimd: true });
  if (FLAGGED) expect(set.mock.calls[0]).toEqual(['--experimental-wasm-relaxed-simd']);
  else expect(hasRelaxedSimd()).toBe(true);
  expect(after.level).toBe('relaxed-simd');
  expect(hasRelaxedSimd()).toBe(true);
  const [relaxed, plain] = [after.instantiate(), (await loadKernels({ level: 'simd128' })).instantiate()];
  // first calls: what V8's quick compiler makes of the instructions is wrong on Node 20
  expect(products(relaxed)).toEqual(products(plain));
  expect(sums(relaxed)).toEqual(sums(plain));
});
