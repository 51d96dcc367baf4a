import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { type KernelMemory, type Kernels, loadKernels } from '@lutra/kernels';
import { describe, expect, it } from 'vitest';
import { ts } from '../src/index.js';
import { clusters } from './data.js';
import { build, LEVEL } from './engine.js';
import { expectError } from './expect-error.js';
import { TYPES } from './types.js';

const D = 16;
const base = clusters(1200, D, { seed: 5 });
const level = LEVEL === undefined ? {} : { level: LEVEL };

/** A place to read to, and the memory that it is in. */
async function prepared(shared: boolean) {
  const set = await loadKernels({ ...level, shared });
  let memory: KernelMemory | undefined;
  const instantiate = (): Kernels => {
    const kernels = set.instantiate();
    memory = kernels.memory;
    return kernels;
  };
  const target = await ts({ kernels: { ...set, instantiate } }).prepareLoad!();
  return { target, memory: memory! };
}

describe('an index that is read to where it will be', () => {
  it.each(TYPES)('is the index that was written: %s', async (factory) => {
    const index = await build(factory, D, base.subarray(0, 900 * D));
    const bytes = encodeIndex(index.toData());
    const queries = base.subarray(0, 20 * D);
    const wanted = await index.search(queries, 9);
    await index.add(base.subarray(900 * D));
    const later = encodeIndex(index.toData());
    for (const shared of [true, false]) {
      const { target, memory } = await prepared(shared);
      let given = 0;
      const data = decodeIndex(bytes, {
        allocate: (size, request) => {
          const array = target.allocate(size, request);
          if (array) given += size;
          return array;
        },
      });
      const before = memory.allocatedBytes;
      const again = await target.load(data);
      // nothing but tables and the like is added
      if (shared) expect(memory.allocatedBytes - before).toBeLessThan(6000);
      expect(given > 0).toBe(shared);
      expect(await again.search(queries, 9)).toEqual(wanted);
      expect(Buffer.compare(encodeIndex(again.toData()), bytes)).toBe(0);
      await again.add(base.subarray(900 * D));
      expect(Buffer.compare(encodeIndex(again.toData()), later)).toBe(0);
      await again.removeIds({ kind: 'range', min: 100, max: 200 });
      again.reset();
      await again.add(base.subarray(0, 900 * D));
      expect(await again.search(queries, 9)).toEqual(wanted);
    }
  });

  it('frees what the index did not want', async () => {
    const bytes = encodeIndex((await build('Flat', D, base)).toData());
    const { target, memory } = await prepared(true);
    const data = decodeIndex(bytes, { allocate: target.allocate });
    expect(memory.allocatedBytes).toBeGreaterThan(bytes.length - 100);
    await target.load({ ...data, vectors: base.slice() } as typeof data);
    expect(memory.allocatedBytes).toBeLessThan(bytes.length + 100);
  });

  it('says CAPACITY for what memory does not hold', async () => {
    const { target } = await prepared(true);
    await expectError(() => target.allocate(2 ** 32, { kind: 'f32', path: 'vectors' }), 'CAPACITY', /limit/);
  });
});
