import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinearMemory, RESERVED_BYTES } from '../src/memory/linear-memory.js';
import { createPlainHost, createWasmHost, type MemoryHost } from '../src/memory/memory-host.js';

type Step = { kind: 'alloc' | 'free' | 'realloc' | 'grow'; size: number; pick: number };

const size = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 300 }) },
  { weight: 4, arbitrary: fc.nat({ max: 20_000 }) },
  { weight: 1, arbitrary: fc.nat({ max: 400_000 }) },
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ kind: fc.constantFrom('alloc', 'alloc', 'free', 'realloc', 'grow'), size, pick: fc.nat() }),
  { maxLength: 300 },
);

/** What should be live: each allocation with its bytes, made of its number. */
class Model {
  readonly live: { ptr: number; size: number; tag: number }[] = [];
  readonly memory: LinearMemory;
  #tag = 0;

  constructor(memory: LinearMemory) {
    this.memory = memory;
  }

  run({ kind, size, pick }: Step): void {
    const { memory, live } = this;
    const at = live.length === 0 ? 0 : pick % live.length;
    const entry = live[at];
    if (kind === 'alloc' || entry === undefined) {
      this.#write(live[live.push({ ptr: memory.alloc(size), size, tag: 0 }) - 1]!);
    } else if (kind === 'free') {
      this.#read(entry, entry.size);
      memory.free(entry.ptr);
      live[at] = live[live.length - 1]!;
      live.pop();
    } else {
      const wanted = kind === 'grow' ? Math.ceil(entry.size * 1.25) : size;
      entry.ptr = memory.realloc(entry.ptr, wanted);
      this.#read(entry, Math.min(wanted, entry.size));
      entry.size = wanted;
      this.#write(entry);
    }
  }

  /** Contents of all, and that none lies over another. */
  check(): void {
    const sorted = [...this.live].sort((a, b) => a.ptr - b.ptr);
    let end = RESERVED_BYTES;
    for (const entry of sorted) {
      if (entry.ptr % 16 !== 0 || entry.ptr < end)
        throw new Error(`${entry.ptr} is misaligned or overlaps ${end}`);
      end = entry.ptr + entry.size;
      this.#read(entry, entry.size);
    }
    const bytes = sorted.reduce((sum, e) => sum + e.size, 0);
    expect(this.memory.allocatedBytes).toBeGreaterThanOrEqual(bytes);
    expect(this.memory.allocatedBytes).toBeLessThanOrEqual(bytes + 48 * sorted.length);
  }

  #write(entry: { ptr: number; size: number; tag: number }): void {
    this.#tag = (this.#tag % 250) + 1;
    entry.tag = this.#tag;
    this.memory.u8(entry.ptr, entry.size).fill(entry.tag);
  }

  #read(entry: { ptr: number; size: number; tag: number }, n: number): void {
    if (this.memory.u8(entry.ptr, n).some((byte) => byte !== entry.tag))
      throw new Error(`contents of ${entry.ptr} lost`);
  }
}

const hosts: [string, () => MemoryHost][] = [
  ['WebAssembly.Memory', () => createWasmHost()!],
  ['plain ArrayBuffer', createPlainHost],
];

describe.each(hosts)('over %s', (_, host) => {
  it('keeps every allocation apart and its contents whole', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const model = new Model(new LinearMemory(host()));
        for (const step of list) model.run(step);
        model.check();
        for (const { ptr } of model.live) model.memory.free(ptr);
        expect(model.memory.allocatedBytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('gives everything back: after freeing in any order one allocation of the peak fits without growth', () => {
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 60 }), fc.nat(), (sizes, seed) => {
        const memory = new LinearMemory(host());
        const ptrs = sizes.map((n) => memory.alloc(n));
        const { byteLength } = memory.buffer;
        ptrs.sort((a, b) => ((a * 31 + seed) % 257) - ((b * 31 + seed) % 257));
        for (const ptr of ptrs) memory.free(ptr);
        memory.alloc(sizes.reduce((sum, n) => sum + n, 0));
        expect(memory.buffer.byteLength).toBe(byteLength);
      }),
      { numRuns: 60 },
    );
  });
});

it('wastes little when many lists grow by a quarter in turn', () => {
  const memory = new LinearMemory(createWasmHost()!);
  const lists = Array.from({ length: 4000 }, (_, i) => ({
    ptr: memory.alloc(512),
    size: 512,
    rate: 1 + (i % 7),
  }));
  for (let round = 0; round < 40; round++) {
    for (const list of lists) {
      if (round % list.rate !== 0) continue;
      list.size = Math.min(60_000, Math.ceil((list.size * 1.25) / 16) * 16);
      list.ptr = memory.realloc(list.ptr, list.size);
    }
  }
  const top = Math.max(...lists.map(({ ptr, size }) => ptr + size));
  expect(memory.allocatedBytes / top).toBeGreaterThan(0.6);
});

it('handles a hundred thousand live allocations', () => {
  const memory = new LinearMemory(createWasmHost()!);
  const ptrs = Array.from({ length: 100_000 }, (_, i) => memory.alloc((i * 2654435761) % 700));
  for (let i = 0; i < ptrs.length; i += 2) memory.free(ptrs[i]!);
  const { byteLength } = memory.buffer;
  for (let i = 0; i < ptrs.length; i += 2) ptrs[i] = memory.alloc((i * 2654435761) % 700);
  expect(memory.buffer.byteLength).toBe(byteLength);
  for (const ptr of ptrs) memory.free(ptr);
  expect(memory.allocatedBytes).toBe(0);
});
