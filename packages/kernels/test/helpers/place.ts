import type { KernelMemory, Ptr } from '../../src/index.js';

/** Bytes behind every placed array; a kernel must neither read nor write them. */
const MARGIN = 64;
const CANARY = 0xa5;

/**
 * Arrays in kernel memory for the length of one call, at chosen distances from 16-byte alignment, each between bytes
 * that are checked afterwards.
 */
export class Bench {
  readonly #memory: KernelMemory;
  readonly #blocks: { block: Ptr; start: number; bytes: number; size: number }[] = [];

  constructor(memory: KernelMemory) {
    this.#memory = memory;
  }

  /** Room for `bytes`, `offset` bytes past a multiple of 16. */
  room(bytes: number, offset = 0): Ptr {
    const size = MARGIN + offset + bytes + MARGIN;
    const block = this.#memory.alloc(size);
    this.#memory.u8(block, size).fill(CANARY);
    this.#blocks.push({ block, start: MARGIN + offset, bytes, size });
    return block + MARGIN + offset;
  }

  f32(values: ArrayLike<number>, offset = 0): Ptr {
    const ptr = this.room(values.length * 4, offset);
    this.#memory.f32(ptr, values.length).set(values);
    return ptr;
  }

  u32(values: ArrayLike<number>, offset = 0): Ptr {
    const ptr = this.room(values.length * 4, offset);
    this.#memory.u32(ptr, values.length).set(values);
    return ptr;
  }

  u8(values: ArrayLike<number>, offset = 0): Ptr {
    const ptr = this.room(values.length, offset);
    this.#memory.u8(ptr, values.length).set(values);
    return ptr;
  }

  /** Frees all, and throws if a byte around an array changed. */
  close(): void {
    for (const { block, start, bytes, size } of this.#blocks) {
      const all = this.#memory.u8(block, size);
      for (let i = 0; i < size; i++) {
        if ((i < start || i >= start + bytes) && all[i] !== CANARY)
          throw new Error(`byte ${i - start} of ${bytes} written`);
      }
      this.#memory.free(block);
    }
    this.#blocks.length = 0;
  }
}
