import { LutraError } from '@lutra/core';
import type { KernelMemory, Ptr } from '../contract.js';
import { Allocator } from './allocator.js';
import type { MemoryHost } from './memory-host.js';

/** The first KiB is never handed out: 0 means "no pointer", and constants of the WASM build live there. */
export const RESERVED_BYTES = 1024;

/** Views of all of a linear memory; element i of `f32` is at byte 4 i. */
export interface WholeViews {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
}

/** The memory of one `Kernels`: a host buffer and an allocator over it. */
export class LinearMemory implements KernelMemory {
  readonly #host: MemoryHost;
  readonly #allocator: Allocator;
  #whole: WholeViews;

  constructor(host: MemoryHost) {
    this.#host = host;
    this.#allocator = new Allocator(host, RESERVED_BYTES);
    this.#whole = wholeViews(host.buffer);
  }

  get buffer(): ArrayBufferLike {
    return this.#host.buffer;
  }

  get allocatedBytes(): number {
    return this.#allocator.allocatedBytes;
  }

  /** Views of the whole memory, made once a growth. */
  get whole(): WholeViews {
    if (this.#whole.u8.buffer !== this.#host.buffer) this.#whole = wholeViews(this.#host.buffer);
    return this.#whole;
  }

  alloc(bytes: number): Ptr {
    return this.#allocator.alloc(bytes);
  }

  free(ptr: Ptr): void {
    this.#allocator.free(ptr);
  }

  realloc(ptr: Ptr, bytes: number): Ptr {
    if (ptr === 0) return this.#allocator.alloc(bytes);
    if (this.#allocator.resize(ptr, bytes)) return ptr;
    const moved = this.#allocator.alloc(bytes);
    // not copyWithin: on shared memory V8 makes that several times as slow
    const kept = Math.min(bytes, this.#allocator.sizeOf(ptr));
    this.whole.u8.set(this.whole.u8.subarray(ptr, ptr + kept), moved);
    this.#allocator.free(ptr);
    return moved;
  }

  /** Lets `alloc` hand out the `bytes` at `ptr`. */
  addRegion(ptr: Ptr, bytes: number): void {
    this.#allocator.addRegion(ptr, bytes);
  }

  u8(ptr: Ptr, n: number): Uint8Array {
    this.#check(ptr, n, 1);
    return new Uint8Array(this.#host.buffer, ptr, n);
  }

  u16(ptr: Ptr, n: number): Uint16Array {
    this.#check(ptr, n, 2);
    return new Uint16Array(this.#host.buffer, ptr, n);
  }

  u32(ptr: Ptr, n: number): Uint32Array {
    this.#check(ptr, n, 4);
    return new Uint32Array(this.#host.buffer, ptr, n);
  }

  i32(ptr: Ptr, n: number): Int32Array {
    this.#check(ptr, n, 4);
    return new Int32Array(this.#host.buffer, ptr, n);
  }

  f32(ptr: Ptr, n: number): Float32Array {
    this.#check(ptr, n, 4);
    return new Float32Array(this.#host.buffer, ptr, n);
  }

  f64(ptr: Ptr, n: number): Float64Array {
    this.#check(ptr, n, 8);
    return new Float64Array(this.#host.buffer, ptr, n);
  }

  #check(ptr: Ptr, n: number, size: number): void {
    const length = this.#host.buffer.byteLength;
    if (n >= 0 && ptr >= 0 && ptr % size === 0 && ptr + n * size <= length) return;
    throw new LutraError(
      'ARGUMENT',
      `kernel memory: no view of ${n} elements of ${size} bytes at ${ptr} in ${length} bytes`,
      { argument: 'ptr', value: ptr, expected: `a multiple of ${size} with ${n * size} bytes behind it` },
    );
  }
}

function wholeViews(buffer: ArrayBufferLike): WholeViews {
  return {
    u8: new Uint8Array(buffer),
    u16: new Uint16Array(buffer),
    u32: new Uint32Array(buffer),
    f32: new Float32Array(buffer),
  };
}
