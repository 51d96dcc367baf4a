import { isLutraError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { LinearMemory } from '../src/memory/linear-memory.js';
import { createPlainHost, createWasmHost, MEMORY_LIMIT } from '../src/memory/memory-host.js';

const GIB = 2 ** 30;

/** The error that `run` throws; fails when it throws none. */
function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('LinearMemory', () => {
  it('refuses more than 4 GiB with CAPACITY and goes on', () => {
    const memory = new LinearMemory(createWasmHost()!);
    for (const bytes of [4 * GIB, MEMORY_LIMIT, 1e15, Infinity]) {
      const error = thrown(() => memory.alloc(bytes));
      expect(isLutraError(error, 'CAPACITY') && error.details.wanted).toBe(bytes);
    }
    const ptr = memory.alloc(100);
    memory.u8(ptr, 100).fill(7);
    expect(
      isLutraError(
        thrown(() => memory.realloc(ptr, 4 * GIB)),
        'CAPACITY',
      ),
    ).toBe(true);
    expect([...memory.u8(ptr, 100)]).toEqual(new Array(100).fill(7));
    expect(memory.allocatedBytes).toBe(112);
  });

  it('says CAPACITY when the machine gives no more', () => {
    const host = createPlainHost();
    const memory = new LinearMemory({
      buffer: host.buffer,
      ensure: (bytes) => bytes <= host.buffer.byteLength,
    });
    const ptr = memory.alloc(30_000);
    expect(
      isLutraError(
        thrown(() => memory.alloc(60_000)),
        'CAPACITY',
      ),
    ).toBe(true);
    expect(
      isLutraError(
        thrown(() => memory.realloc(ptr, 70_000)),
        'CAPACITY',
      ),
    ).toBe(true);
    expect(memory.realloc(ptr, 50_000)).toBe(ptr);
  });

  it('moves, grows in place and frees beyond 2^31', () => {
    const memory = new LinearMemory(createWasmHost()!);
    const low = memory.alloc(2.2 * GIB);
    const high = memory.alloc(64);
    expect(high).toBeGreaterThan(2 ** 31);
    memory.f32(high, 16).fill(3);
    expect(memory.realloc(high, 1000)).toBe(high);
    const fence = memory.alloc(16);
    const moved = memory.realloc(high, 5000);
    expect(moved).toBeGreaterThan(fence);
    expect([...memory.f32(moved, 16)]).toEqual(new Array(16).fill(3));
    expect(memory.alloc(900)).toBe(high);
    for (const ptr of [high, moved, fence, low]) memory.free(ptr);
    expect(memory.allocatedBytes).toBe(0);
  });

  it('grows in place into a free neighbour and gives back what a smaller size leaves', () => {
    const memory = new LinearMemory(createPlainHost());
    const [a, b, c] = [memory.alloc(1000), memory.alloc(1000), memory.alloc(1000)];
    memory.free(b);
    expect(memory.realloc(a, 1800)).toBe(a);
    expect(memory.realloc(a, 100)).toBe(a);
    const again = memory.alloc(1500);
    expect(again).toBeGreaterThan(a);
    expect(again).toBeLessThan(c);
  });

  it('treats 0 as no pointer, and an empty allocation as one', () => {
    const memory = new LinearMemory(createPlainHost());
    memory.free(0);
    const [a, b] = [memory.alloc(0), memory.realloc(0, 0)];
    expect(a).not.toBe(0);
    expect(a).not.toBe(b);
    expect(memory.f32(a, 0).length).toBe(0);
  });

  it('refuses what is no pointer of its own, a second free, and sizes that are no sizes', () => {
    const memory = new LinearMemory(createPlainHost());
    const ptr = memory.alloc(64);
    memory.alloc(64);
    memory.free(ptr);
    const wrong: (() => unknown)[] = [
      () => memory.free(ptr),
      () => memory.free(ptr + 4),
      () => memory.free(16),
      () => memory.free(2 ** 32),
      () => memory.realloc(ptr, 5),
      () => memory.alloc(-1),
      () => memory.alloc(Number.NaN),
      () => memory.f32(2, 1),
      () => memory.u8(0, 2 ** 31),
      () => memory.u16(0, -1),
    ];
    for (const call of wrong) expect(isLutraError(thrown(call), 'ARGUMENT')).toBe(true);
  });

  it('shows the same bytes through every view', () => {
    const memory = new LinearMemory(createPlainHost());
    const ptr = memory.alloc(16);
    memory.u32(ptr, 1).set([0x3f800000]);
    expect(memory.f32(ptr, 1)[0]).toBe(1);
    expect([...memory.u16(ptr, 2)]).toEqual([0, 0x3f80]);
    expect([...memory.u8(ptr, 4)]).toEqual([0, 0, 0x80, 0x3f]);
  });
});
