import { isLutraError } from '@lutra/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KernelLevel, Kernels } from '../src/index.js';
import { wasmApi } from '../src/wasm-api.js';
import { hasRelaxedSimd, levelUnderTest } from './helpers/levels.js';

type Load = typeof import('../src/index.js').loadKernels;
let loadKernels: Load;

/** A fresh copy of the library, as the compiled module is kept for the life of one. */
beforeEach(async () => {
  vi.resetModules();
  ({ loadKernels } = await import('../src/index.js'));
});
afterEach(() => vi.unstubAllGlobals());

/** What an engine of this age runs. */
const highest: KernelLevel = hasRelaxedSimd() ? 'relaxed-simd' : 'simd128';

/** WebAssembly with some of its parts replaced. */
function stubWebAssembly(parts: object | undefined): void {
  const names = ['Memory', 'Instance', 'validate', 'compile'] as const;
  const real = wasmApi()!;
  const api = Object.fromEntries(names.map((name) => [name, real[name]]));
  vi.stubGlobal('WebAssembly', parts === undefined ? undefined : { ...api, ...parts });
}

const refuseCompile = {
  compile: async () => {
    throw new Error("blocked by 'unsafe-eval'");
  },
};

function dot(kernels: Kernels): number {
  const { memory } = kernels;
  const [x, out] = [memory.alloc(12), memory.alloc(4)];
  memory.f32(x, 3).set([1, 2, 3]);
  kernels.ipNy(x, x, 3, 1, out);
  return memory.f32(out, 1)[0]!;
}

describe('loadKernels', () => {
  it('takes the highest level that runs, and says why not a higher one', async () => {
    const set = await loadKernels({ level: levelUnderTest });
    expect(set.level).toBe(levelUnderTest ?? highest);
    expect(set.note).toEqual(set.level === 'simd128' ? expect.stringMatching(/no relaxed SIMD/) : undefined);
    const kernels = set.instantiate();
    expect(kernels.level).toBe(set.level);
    expect(dot(kernels)).toBe(14);
  });

  it('gives each instance its own memory, and compiles once for all', async () => {
    const compile = vi.fn(wasmApi()!.compile);
    stubWebAssembly({ compile });
    const [a, b] = [(await loadKernels()).instantiate(), (await loadKernels()).instantiate()];
    expect(compile).toHaveBeenCalledTimes(1);
    const [pa, pb] = [a.memory.alloc(16), b.memory.alloc(16)];
    a.memory.u8(pa, 1).fill(1);
    b.memory.u8(pb, 1).fill(2);
    expect(a.memory.u8(pa, 1)[0]).toBe(1);
  });

  it.each<[string, object | undefined, RegExp]>([
    ['there is no WebAssembly', undefined, /no WebAssembly/],
    ['there is no SIMD', { validate: () => false }, /no SIMD/],
    ['a content security policy forbids compiling', refuseCompile, /wasm-unsafe-eval.*unsafe-eval/],
  ])('falls back to scalar when %s, and says so', async (_, parts, why) => {
    stubWebAssembly(parts);
    const set = await loadKernels();
    expect(set.level).toBe('scalar');
    expect(set.note).toMatch(why);
    expect(dot(set.instantiate())).toBe(14);
    await expect(loadKernels({ level: 'simd128' })).rejects.toSatisfy((e) => isLutraError(e, 'UNSUPPORTED'));
  });

  it('tries again after a refusal', async () => {
    stubWebAssembly(refuseCompile);
    expect((await loadKernels()).level).toBe('scalar');
    vi.unstubAllGlobals();
    expect((await loadKernels()).level).toBe(highest);
  });

  it('works without WebAssembly.Memory at the scalar level, and says CAPACITY at simd128', async () => {
    const simd = await loadKernels({ level: 'simd128' });
    stubWebAssembly({
      Memory: class {
        constructor() {
          throw new RangeError('could not allocate memory');
        }
      },
    });
    expect(dot((await loadKernels({ level: 'scalar' })).instantiate())).toBe(14);
    expect(() => simd.instantiate()).toThrow(/no further WebAssembly memory/);
  });

  it('refuses a level that does not run here, and one that is none', async () => {
    const real = wasmApi()!;
    stubWebAssembly({ validate: (bytes: Uint8Array) => bytes.length < 32 && real.validate(bytes) });
    await expect(loadKernels({ level: 'relaxed-simd' })).rejects.toSatisfy((e) =>
      isLutraError(e, 'UNSUPPORTED'),
    );
    expect((await loadKernels()).note).toMatch(/relaxed-simd is not used/);
    vi.unstubAllGlobals();
    await expect(loadKernels({ level: 'avx' as KernelLevel })).rejects.toSatisfy((e) =>
      isLutraError(e, 'ARGUMENT'),
    );
  });

  it('says how to build when the built module is missing', async () => {
    vi.doMock('../src/generated/simd128.js', () => {
      throw new Error('not found');
    });
    await expect(loadKernels({ level: 'simd128' })).rejects.toSatisfy(
      (e) => isLutraError(e, 'BACKEND') && /build:wasm/.test(e.message),
    );
    vi.doUnmock('../src/generated/simd128.js');
  });
});

describe('pointers beyond 2^31', () => {
  it.each<KernelLevel>(['scalar', levelUnderTest ?? 'simd128'])(
    'work in every family at level %s',
    async (level) => {
      const k = (await loadKernels({ level })).instantiate();
      const { memory } = k;
      memory.alloc(2.2 * 2 ** 30);
      const [x, y, u, out] = [memory.alloc(64), memory.alloc(512), memory.alloc(64), memory.alloc(256)];
      expect(x).toBeGreaterThan(2 ** 31);
      const read = (n = 2) => [...memory.f32(out, n)];
      memory.f32(x, 4).set([1, 2, 3, 4]);
      memory.f32(y, 8).set([1, 2, 3, 4, 0, 0, 0, 1]);
      memory.u32(u, 2).set([1, 0]);
      k.ipNy(x, y, 4, 2, out);
      expect(read()).toEqual([30, 4]);
      k.l2sqrNy(x, y, 4, 2, out);
      expect(read()).toEqual([0, 23]);
      k.ipByIdx(x, y, 4, u, 2, out);
      expect(read()).toEqual([4, 30]);
      k.l2sqrByIdx(x, y, 4, u, 2, out);
      expect(read()).toEqual([23, 0]);
      k.normsSqr(y, 4, 2, out);
      expect(read()).toEqual([30, 1]);
      k.ipBlock(x, 1, y, 2, 4, out);
      expect(read()).toEqual([30, 4]);
      const scratch = memory.alloc(k.scratchAssign(1, 2));
      k.assignIp(x, 1, y, 2, 4, out, out + 4, scratch);
      expect([memory.u32(out, 1)[0], memory.f32(out + 4, 1)[0]]).toEqual([0, 30]);
      k.pqLutIp(x, y, 2, 1, 2, out);
      expect(read()).toEqual([5, 25]);
      k.pqLutL2(x, y, 2, 1, 2, out);
      expect(read()).toEqual([0, 0]);
      k.assignSub(x, 1, 4, y, 4, 2, out, out + 4);
      expect([memory.u32(out, 1)[0], memory.f32(out + 4, 1)[0]]).toEqual([0, 4]);
      const lut = memory.alloc(2048);
      memory.f32(lut, 512).set(Float32Array.from({ length: 512 }, (_, i) => i));
      memory.u8(u, 2).set([3, 5]);
      k.pq8Scan(u, 1, 2, lut, 1, out);
      expect(read(1)).toEqual([1 + 3 + 261]);
      k.pq4CodesScan(u, 1, 2, 1, lut, 1, out);
      expect(read(1)).toEqual([1 + 3 + 16]);
      const codes = memory.alloc(32);
      memory.u8(codes, 32).fill(0x10);
      memory.u8(lut, 32).set(Uint8Array.from({ length: 32 }, (_, i) => i));
      k.pq4Scan(codes, 1, 32, 2, lut, 5, out);
      expect([...memory.u16(out, 32)]).toEqual([...new Array(16).fill(21), ...new Array(16).fill(23)]);
    },
  );
});
