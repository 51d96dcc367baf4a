import type { ArrayListsData, IndexData, IvfFlatData, ListPiece, OnDiskListsData } from '@lutra/core';
import { type KernelMemory, type Kernels, loadKernels } from '@lutra/kernels';
import { describe, expect, it } from 'vitest';
import { ts } from '../src/index.js';
import { clusters } from './data.js';
import { backend, build, LEVEL } from './engine.js';
import { expectError } from './expect-error.js';

const D = 32;
const N = 3000;
const NLIST = 60;
const base = clusters(N, D, { seed: 9, centers: 60 });
const queries = clusters(40, D, { seed: 9, centers: 60, rows: 1 });
const ENTRY = 4 * D + 8;

/** An index whose lists are handed out from `arrays`, and the memory that it is in. */
async function onDisk(
  data: IvfFlatData,
  arrays: ArrayListsData,
  cacheBytes: number,
  around: (data: IvfFlatData) => IndexData = (ivf) => ivf,
) {
  const places = Float64Array.from(arrays.ids.flatMap((ids) => [ids.length, ids.length, 0]));
  const lists: OnDiskListsData = {
    ...{ kind: 'onDisk', nlist: NLIST, codeSize: 4 * D, places, totalSize: 0 },
    ...{ slots: new Float64Array(0), fileName: new Uint8Array(0) },
  };
  const set = await loadKernels(LEVEL === undefined ? {} : { level: LEVEL });
  let memory: KernelMemory | undefined;
  const instantiate = (): Kernels => {
    const kernels = set.instantiate();
    memory = kernels.memory;
    return kernels;
  };
  const state = { fails: false, bytes: 0 };
  const read = (pieces: readonly ListPiece[]): void => {
    for (const { list, first, count, codes, ids } of pieces) {
      if (state.fails) throw new Error('the disk is gone');
      codes?.set(arrays.codes[list]!.subarray(first * 4 * D, (first + count) * 4 * D));
      ids?.set(arrays.ids[list]!.subarray(first, first + count));
      state.bytes += (codes?.length ?? 0) + (ids?.byteLength ?? 0);
    }
  };
  const listsOnDisk = { cacheBytes, open: () => ({ read, close() {} }) };
  const index = await ts({ kernels: { ...set, instantiate } }).load(around({ ...data, invlists: lists }), {
    listsOnDisk,
  });
  return { index, memory: memory!, state };
}

async function filled() {
  const whole = await build(`IVF${NLIST},Flat`, D, base);
  const data = structuredClone(whole.toData()) as IvfFlatData;
  return { whole, data, arrays: data.invlists as ArrayListsData };
}

describe('lists on disk', () => {
  it('take no more memory than they may, however many searches visit however many lists', async () => {
    const { whole, data, arrays } = await filled();
    const cacheBytes = 20 * 2 ** 10;
    const { index, memory } = await onDisk(data, arrays, cacheBytes);
    await index.search(queries, 3, { nprobe: 1 });
    const before = memory.allocatedBytes;
    let most = 0;
    let size = 0;
    for (let round = 0; round < 6; round++) {
      for (const nprobe of [2, 9, NLIST]) {
        const x = queries.subarray(5 * round * D, 5 * (round + 1) * D);
        expect(await index.search(x, 20, { nprobe })).toEqual(await whole.search(x, 20, { nprobe }));
        most = Math.max(most, memory.allocatedBytes - before);
      }
      if (round === 2) size = memory.buffer.byteLength;
    }
    const largest = Math.max(...arrays.ids.map((ids) => ids.length)) * ENTRY;
    expect(largest).toBeLessThan(cacheBytes);
    // beside the lists, scratch that is as much in any index
    expect(most).toBeLessThan(cacheBytes + 2 ** 16);
    expect(N * ENTRY).toBeGreaterThan(10 * cacheBytes);
    expect(memory.buffer.byteLength).toBe(size);
  });

  it('are read anew only where they went', async () => {
    const { data, arrays } = await filled();
    const { index, state } = await onDisk(data, arrays, N * ENTRY);
    await index.search(queries, 3, { nprobe: NLIST });
    const all = state.bytes;
    expect(all).toBe(N * ENTRY);
    await index.search(queries, 3, { nprobe: 17 });
    await index.rangeSearch(queries, 1, { nprobe: 17 });
    await index.reconstruct([5, 6]);
    expect(state.bytes).toBe(all);
  });

  it('are whole again after a read that failed', async () => {
    const { whole, data, arrays } = await filled();
    const { index, memory, state } = await onDisk(data, arrays, 40 * 2 ** 10);
    await index.search(queries, 3, { nprobe: 4 });
    const before = memory.allocatedBytes;
    state.fails = true;
    await expect(index.search(queries, 3, { nprobe: 30 })).rejects.toThrow('the disk is gone');
    expect(memory.allocatedBytes).toBeLessThanOrEqual(before);
    state.fails = false;
    expect(await index.search(queries, 3, { nprobe: 30 })).toEqual(
      await whole.search(queries, 3, { nprobe: 30 }),
    );
  });

  it('are not asked for where sketches of refined vectors choose the candidates', async () => {
    const { data, arrays } = await filled();
    const header = { d: D, ntotal: N, isTrained: true, metric: 'l2', metricArg: 0 } as const;
    const refine = { kind: 'Flat', ...header, vectors: base } as const;
    const refined = (ivf: IvfFlatData): IndexData => ({
      kind: 'Refine',
      ...header,
      base: ivf,
      refine,
      kFactor: 1,
    });
    const { index, state } = await onDisk(data, arrays, 40 * 2 ** 10, refined);
    const p = { nprobe: 20, kFactor: 3, sketches: true };
    const filter = { kind: 'range', min: 10, max: 2000 } as const;
    const whole = await backend.load(refined({ ...data, invlists: arrays }));
    for (const more of [{}, { filter }]) {
      expect(await index.search(queries, 5, { ...p, ...more })).toEqual(
        await whole.search(queries, 5, { ...p, ...more }),
      );
    }
    // ids alone
    expect(state.bytes).toBeLessThan(4 * N * 8 * queries.length);
    const few = state.bytes;
    await index.search(queries.subarray(0, D), 5, { nprobe: 20, kFactor: 3 });
    expect(state.bytes - few).toBeGreaterThan(20 * D * 4);
  });

  it('are asked for by one thread, whatever the number given', async () => {
    const { whole, data, arrays } = await filled();
    const { index } = await onDisk(data, arrays, 40 * 2 ** 10);
    expect(await index.search(queries, 3, { threads: 2 })).toEqual(await whole.search(queries, 3));
    await expectError(() => index.removeIds({ kind: 'list', ids: [1] }), 'UNSUPPORTED', /stay on disk/);
  });
});
