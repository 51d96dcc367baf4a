import type { VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { type KernelMemory, type Kernels, loadKernels } from '@lutra/kernels';
import { describe, expect, it } from 'vitest';
import { ts } from '../src/index.js';
import { clusters } from './data.js';
import { create, LEVEL } from './engine.js';
import { expectError } from './expect-error.js';
import { GRAPHS, TYPES } from './types.js';

const D = 16;
const base = clusters(400, D, { seed: 2 });
const set = await loadKernels(LEVEL === undefined ? {} : { level: LEVEL });

/** An index, and the memory that it works in. */
async function watched(factory: string): Promise<{ index: VectorIndex; memory: KernelMemory }> {
  let kernels: Kernels | undefined;
  const instantiate = (): Kernels => {
    kernels = set.instantiate();
    return kernels;
  };
  const index = await ts({ kernels: { ...set, instantiate } }).create(parseFactory(factory), {
    d: D,
    metric: 'l2',
  });
  return { index, memory: kernels!.memory };
}

describe('kernel memory', () => {
  it.each(TYPES)(
    '%s does not grow it by searching, changing parameters, or filling again',
    async (factory) => {
      const { index, memory } = await watched(factory);
      await index.train(base);
      await index.add(base);
      const work = async (): Promise<void> => {
        index.searchSync!(base.subarray(0, 40 * D), 10);
        await index.rangeSearch(base.subarray(0, D), 1);
        await index.reconstruct([1, 2]);
        index.toData();
        index.reset();
        await index.add(base);
      };
      const searches = (): void => {
        for (let i = 0; i < 400; i++) index.searchSync!(base.subarray(i * D, (i + 1) * D), 10);
      };
      await work();
      searches();
      const [allocated, size] = [memory.allocatedBytes, memory.buffer.byteLength];
      for (let i = 0; i < 50; i++) await work();
      for (let i = 0; i < 5; i++) searches();
      expect([memory.allocatedBytes, memory.buffer.byteLength]).toEqual([allocated, size]);
    },
  );

  it.each([...TYPES, ...GRAPHS])('%s takes no more of it for training again', async (factory) => {
    const { index, memory } = await watched(factory);
    await index.train(base);
    const once = memory.allocatedBytes;
    for (let i = 0; i < 5; i++) await index.train(base);
    expect(memory.allocatedBytes).toBe(once);
  });

  it('does not grow by searches with sketches, nor by filling again between them', async () => {
    const { index, memory } = await watched('IVF8,PQ4x4fs,RFlat');
    await index.train(base);
    const p = { nprobe: 8, kFactor: 2, sketches: true };
    const work = async (): Promise<void> => {
      index.reset();
      await index.add(base);
      for (let i = 0; i < 400; i++) index.searchSync!(base.subarray(i * D, (i + 1) * D), 10, p);
      index.searchSync!(base, 10, p);
      index.searchSync!(base.subarray(0, D), 10, { ...p, filter: { kind: 'range', min: 5, max: 300 } });
    };
    await work();
    await work();
    const [allocated, size] = [memory.allocatedBytes, memory.buffer.byteLength];
    for (let i = 0; i < 25; i++) await work();
    // pieces that are a little larger than asked for; the smallest form has more
    expect(memory.allocatedBytes).toBeLessThan(allocated + 512);
    expect(memory.buffer.byteLength).toBe(size);
  });

  it('serves hundreds of indexes one after the other', async () => {
    for (let i = 0; i < 300; i++) {
      const index = await create('IVF4,Flat', D);
      await index.train(base.subarray(0, 64 * D));
      await index.add(base);
      expect(index.searchSync!(base.subarray(0, D), 1).labels[0]).toBe(0);
      if (i % 2 === 0) index.dispose();
    }
  });
});

describe('a memory that ends', () => {
  /** Kernels whose memory refuses every allocation after the next `left()`. */
  function limited(): { kernels: Kernels; allow(left: number): void; made: () => number } {
    const kernels = set.instantiate();
    let left = Number.POSITIVE_INFINITY;
    let made = 0;
    const { memory } = kernels;
    const count = (): void => {
      made++;
      if (left-- <= 0) memory.alloc(2 ** 33);
    };
    const alloc = (bytes: number): number => {
      count();
      return memory.alloc(bytes);
    };
    const realloc = (ptr: number, bytes: number): number => {
      count();
      return memory.realloc(ptr, bytes);
    };
    const proxy = new Proxy(memory, {
      get: (target, name) => {
        if (name === 'alloc') return alloc;
        if (name === 'realloc') return realloc;
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const wrapped = new Proxy(kernels, {
      get: (target, name) => {
        if (name === 'memory') return proxy;
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return {
      kernels: wrapped,
      allow: (n) => {
        left = n;
      },
      made: () => made,
    };
  }

  it.each([...TYPES, ...GRAPHS])(
    '%s fails an add or a merge with CAPACITY and stays as it was',
    async (factory) => {
      const { kernels, allow, made } = limited();
      const backend = ts({ kernels: { ...set, instantiate: () => kernels } });
      const index = await backend.create(parseFactory(factory), { d: D, metric: 'l2' });
      await index.train(base);
      await index.add(base.subarray(0, 50 * D));
      const other = await create(factory, D);
      await other.train(base);
      await other.add(base);
      const { encodeIndex } = await import('@lutra/faiss-format');
      const before = encodeIndex(index.toData());
      // many rows, so that everything must grow; refused at the first allocation, at the second, …
      const many = clusters(3000, D, { seed: 2 });
      const merge = () => index.mergeFrom(other);
      for (const change of [() => index.add(many), ...(GRAPHS.includes(factory) ? [] : [merge])]) {
        let refused = 0;
        for (let n = 0; n < 60; n++) {
          allow(n);
          const start = made();
          let failed = true;
          try {
            await change();
            failed = false;
          } catch (e) {
            await expectError(() => Promise.reject(e), 'CAPACITY');
          }
          allow(Number.POSITIVE_INFINITY);
          if (!failed) break;
          refused++;
          // refined vectors go elsewhere where they find no room; what else is wanted is refused then
          if (factory.includes('RFlat')) expect(made() - start).toBeGreaterThan(n);
          else expect(made() - start).toBe(n + 1);
          expect(Buffer.compare(encodeIndex(index.toData()), before)).toBe(0);
          expect(index.ntotal).toBe(50);
        }
        expect(refused).toBeGreaterThan(0);
        index.reset();
        await index.add(base.subarray(0, 50 * D));
        expect(Buffer.compare(encodeIndex(index.toData()), before)).toBe(0);
      }
    },
  );

  it.each(['Flat', 'IVF8,PQ8x4fs,RFlat', 'PCA8,IVF8,Flat', 'IVF8,SQ8'])(
    '%s fails a training, a search or a load with CAPACITY, and does it when there is memory',
    async (factory) => {
      const { kernels, allow } = limited();
      const backend = ts({ kernels: { ...set, instantiate: () => kernels } });
      const whole = await create(factory, D);
      await whole.train(base);
      await whole.add(base);
      const data = whole.toData();
      const x = base.subarray(0, 5 * D);
      const wanted = whole.searchSync!(x, 9);
      const index = await backend.create(parseFactory(factory), { d: D, metric: 'l2' });
      const loaded: VectorIndex[] = [];
      const steps = [
        ...(factory === 'Flat' ? [] : [() => index.train(base)]),
        async () => loaded.push(await backend.load(data)),
        () => loaded[0]!.search(x, 9),
      ];
      for (const step of steps) {
        let failed = 0;
        for (let n = 0; ; n += 1 + Math.floor(n / 4)) {
          allow(n);
          const end = await step().then(
            () => undefined,
            (e: unknown) => e,
          );
          allow(Number.POSITIVE_INFINITY);
          if (end === undefined) break;
          await expectError(() => Promise.reject(end), 'CAPACITY');
          failed++;
        }
        expect(failed).toBeGreaterThan(0);
      }
      expect(await loaded[0]!.search(x, 9)).toEqual(wanted);
      await index.add(base);
      expect(await index.search(x, 9)).toEqual(wanted);
    },
  );
});
