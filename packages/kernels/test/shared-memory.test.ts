import { Worker } from 'node:worker_threads';
import { isLutraError } from '@lutra/core';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { attachKernels, type KernelMemory, type Kernels, loadKernels } from '../src/index.js';
import { withSharedMemory } from '../src/shared-import.js';
import { levelUnderTest } from './helpers/levels.js';

const set = await loadKernels({ level: levelUnderTest });

function place(memory: KernelMemory, values: readonly number[]): number {
  const ptr = memory.alloc(4 * values.length);
  memory.f32(ptr, values.length).set(values);
  return ptr;
}

function dot(kernels: Kernels, x: number, y: number, n: number): number {
  const out = kernels.memory.alloc(4);
  kernels.ipNy(x, y, n, 1, out);
  const result = kernels.memory.f32(out, 1)[0]!;
  kernels.memory.free(out);
  return result;
}

afterEach(() => vi.unstubAllGlobals());

describe('shared kernel memory', () => {
  it('is the rule in Node, keeps its views when it grows, and can be done without', async () => {
    expect(set.shared).toBe(true);
    const { memory, handle } = set.instantiate();
    expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(handle?.level).toBe(set.level);
    const ptr = place(memory, [1, 2, 3]);
    const before = memory.f32(ptr, 3);
    memory.alloc(100 * 2 ** 20);
    expect(memory.buffer.byteLength).toBeGreaterThan(100 * 2 ** 20);
    memory.f32(ptr, 3)[1] = 7;
    expect([...before]).toEqual([1, 7, 3]);

    const own = await loadKernels({ level: levelUnderTest, shared: false });
    const alone = own.instantiate();
    expect([own.shared, alone.handle, alone.memory.buffer instanceof ArrayBuffer]).toEqual([
      false,
      undefined,
      true,
    ]);
    expect(dot(alone, place(alone.memory, [1, 2]), place(alone.memory, [3, 4]), 2)).toBe(11);
  });

  it('is not to be had on a page that is not isolated from other origins', async () => {
    vi.stubGlobal('crossOriginIsolated', false);
    const here = await loadKernels({ level: levelUnderTest });
    const kernels = here.instantiate();
    expect([here.shared, kernels.handle]).toEqual([false, undefined]);
    expect(dot(kernels, place(kernels.memory, [1, 2]), place(kernels.memory, [3, 4]), 2)).toBe(11);
  });

  it('is read by attached kernels where it is, and what they may write is what they were given', () => {
    const owner = set.instantiate();
    const x = place(owner.memory, [1, 2, 3]);
    const attached = attachKernels(owner.handle!);
    expect(attached.level).toBe(owner.level);
    expect(
      isLutraError(
        thrown(() => attached.memory.alloc(100)),
        'CAPACITY',
      ),
    ).toBe(true);
    expect(attached.arena.takeLack()).toBeGreaterThanOrEqual(100);
    expect(attached.arena.takeLack()).toBe(0);
    const region = owner.memory.alloc(4096);
    attached.arena.give(region, 4096);
    expect(dot(attached, x, x, 3)).toBe(14);
    const ptr = attached.memory.alloc(1000);
    expect(ptr >= region && ptr + 1000 <= region + 4096).toBe(true);
    expect(
      isLutraError(
        thrown(() => attached.memory.free(x)),
        'ARGUMENT',
      ),
    ).toBe(true);
    expect(
      isLutraError(
        thrown(() => attached.memory.alloc(4000)),
        'CAPACITY',
      ),
    ).toBe(true);
    expect(attached.arena.takeLack()).toBeGreaterThanOrEqual(4000);
    // memory that the owner added after the attachment
    const late = owner.memory.alloc(50 * 2 ** 20);
    attached.arena.give(late, 50 * 2 ** 20);
    const large = attached.memory.alloc(40 * 2 ** 20);
    expect(large >= late && large < late + 50 * 2 ** 20).toBe(true);
    attached.memory.free(ptr);
    attached.memory.free(large);
    expect(attached.memory.allocatedBytes).toBe(0);
    owner.memory.free(late);
    owner.memory.free(region);
  });

  it('never hands the same bytes to two threads', () => {
    const step = fc.record({ who: fc.nat(2), bytes: fc.nat(5000), free: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const owner = set.instantiate();
        const users = [owner, attachKernels(owner.handle!), attachKernels(owner.handle!)];
        const live: { who: number; ptr: number; bytes: number }[] = [];
        steps.forEach(({ who, bytes, free }, i) => {
          const user = users[who]!;
          if (free && live.length > 0) {
            const [gone] = live.splice(bytes % live.length, 1);
            const view = users[gone!.who]!.memory.u8(gone!.ptr, gone!.bytes);
            expect(view.every((v) => v === view[0])).toBe(true);
            users[gone!.who]!.memory.free(gone!.ptr);
            return;
          }
          let ptr: number;
          try {
            ptr = user.memory.alloc(bytes);
          } catch (e) {
            if (!isLutraError(e, 'CAPACITY') || !('arena' in user)) throw e;
            const region = owner.memory.alloc(16384);
            (user as ReturnType<typeof attachKernels>).arena.give(region, 16384);
            ptr = user.memory.alloc(bytes);
          }
          user.memory.u8(ptr, bytes).fill(i);
          live.push({ who, ptr, bytes });
        });
        for (const { who, ptr, bytes } of live) {
          const view = users[who]!.memory.u8(ptr, bytes);
          expect(view.every((v) => v === view[0])).toBe(true);
          users[who]!.memory.free(ptr);
        }
        expect([users[1]!.memory.allocatedBytes, users[2]!.memory.allocatedBytes]).toEqual([0, 0]);
      }),
      { numRuns: 50 },
    );
  });

  it('goes to another thread by a message, code included', async () => {
    const owner = set.instantiate();
    const x = place(owner.memory, [1, 2, 3, 4]);
    const out = owner.memory.alloc(4);
    const worker = new Worker(
      `const { workerData: { handle, x, out }, parentPort } = require('node:worker_threads');
       if (handle.module) {
         const { exports } = new WebAssembly.Instance(handle.module, { env: { memory: handle.memory } });
         exports.ipNy(x, x, 4, 1, out);
       }
       parentPort.postMessage(new Float32Array(handle.memory.buffer, x, 4).reduce((a, b) => a + b));`,
      { eval: true, workerData: { handle: owner.handle, x, out } },
    );
    const sum = await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject));
    await worker.terminate();
    expect(sum).toBe(10);
    if (owner.level !== 'scalar') expect(owner.memory.f32(out, 1)[0]).toBe(30);
  });
});

describe('withSharedMemory', () => {
  const types = [0x01, 0x04, 0x01, 0x60, 0x00, 0x00];
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const memoryImport = (flags: number): number[] => [
    ...[0x02, 0x0d, 0x01, 0x01, 0x65, 0x01, 0x6d, 0x02, flags, 0x01, 0x80, 0x80, 0x80, 0x80, 0x00],
  ];
  it('changes the one bit that says so', () => {
    const plain = Uint8Array.of(...header, ...types, ...memoryImport(1));
    const shared = withSharedMemory(plain);
    expect([...shared]).toEqual([...header, ...types, ...memoryImport(3)]);
    expect(plain[plain.length - 7]).toBe(1);
  });

  it('refuses a module without such a memory', () => {
    expect(() => withSharedMemory(Uint8Array.of(...header, ...types))).toThrow(/does not import a memory/);
    expect(() => withSharedMemory(Uint8Array.of(...header, ...memoryImport(0)))).toThrow(/does not import/);
  });
});

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
