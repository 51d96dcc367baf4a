import { LutraError } from '@lutra/core';
import { MEMORY_LIMIT, type MemoryHost } from './memory-host.js';
import { SizeBins } from './size-bins.js';

/**
 * A chunk is a header of 16 bytes and a payload of whole 16-byte units. Header words: size of the chunk in bytes with
 * the free bit, size of the chunk before it, and the links of its bin while it is free. The bytes after the last chunk
 * (`#top`) belong to nobody and are in no bin.
 */
const HEADER = 16;
const UNIT = 16;
const MIN_CHUNK = 32;
const FREE = 1;
/** Chunks looked at in the bin of the wanted size, where some may be too small. */
const LOOK = 8;

/**
 * Hands out 16-byte aligned pieces of a growing buffer: good fit by size class, immediate coalescing, constant time but
 * for growth. Knows sizes and places, never contents.
 */
export class Allocator {
  /** Payload bytes handed out and not freed, each rounded up to 16. */
  allocatedBytes = 0;
  readonly #host: MemoryHost;
  readonly #bins = new SizeBins();
  readonly #first: number;
  #words: Uint32Array;
  #top: number;
  /** Size of the chunk that ends at `#top`; 0 when there is none. */
  #lastSize = 0;
  /** Starts and ends of the regions that {@link addRegion} brought. */
  readonly #regions: [start: number, end: number][] = [];

  /** @param base - first byte that may be used, a multiple of 16 and not 0 */
  constructor(host: MemoryHost, base: number) {
    this.#host = host;
    this.#first = base;
    this.#top = base;
    this.#words = new Uint32Array(host.buffer);
  }

  /**
   * Adds the `bytes` at `ptr` to what can be handed out: a free chunk between two headers that are never free, so that
   * nothing is joined across the ends.
   */
  addRegion(ptr: number, bytes: number): void {
    this.#renew();
    const end = ptr + Math.floor(bytes / UNIT) * UNIT;
    this.#words[ptr >>> 2] = HEADER;
    this.#words[(end - HEADER) >>> 2] = HEADER;
    const chunk = ptr + HEADER;
    const size = end - HEADER - chunk;
    this.#words[(chunk >>> 2) + 1] = HEADER;
    this.#regions.push([chunk, end - HEADER]);
    this.#setSize(chunk, size, FREE);
    this.#link(chunk, size);
  }

  alloc(bytes: number): number {
    const size = chunkSize(bytes);
    const chunk = this.#takeFree(size) || this.#takeTop(size);
    if (chunk === 0) throw this.#full(bytes);
    this.allocatedBytes += this.#size(chunk) - HEADER;
    return chunk + HEADER;
  }

  free(ptr: number): void {
    if (ptr === 0) return;
    const chunk = this.#checked(ptr);
    this.allocatedBytes -= this.#size(chunk) - HEADER;
    this.#release(chunk);
  }

  /**
   * Makes the allocation at `ptr` hold `bytes` without moving it.
   * @returns whether that could be done; nothing has changed if not
   */
  resize(ptr: number, bytes: number): boolean {
    const chunk = this.#checked(ptr);
    const size = chunkSize(bytes);
    const before = this.#size(chunk);
    if (size > before && !this.#extend(chunk, size)) return false;
    this.#trim(chunk, size);
    this.allocatedBytes += this.#size(chunk) - before;
    return true;
  }

  /** Payload bytes of the allocation at `ptr`. */
  sizeOf(ptr: number): number {
    return this.#size(this.#checked(ptr)) - HEADER;
  }

  #size(chunk: number): number {
    return (this.#words[chunk >>> 2]! & ~FREE) >>> 0;
  }

  #isFree(chunk: number): boolean {
    return (this.#words[chunk >>> 2]! & FREE) !== 0;
  }

  /** Writes the size of a chunk, and at its end the way back to it. */
  #setSize(chunk: number, size: number, flag: number): void {
    this.#words[chunk >>> 2] = size + flag;
    const next = chunk + size;
    if (next === this.#top) this.#lastSize = size;
    else this.#words[(next >>> 2) + 1] = size;
  }

  /** The chunk of a pointer; refuses what cannot be one. */
  #checked(ptr: number): number {
    const chunk = ptr - HEADER;
    const aligned = Number.isInteger(ptr) && ptr % UNIT === 0;
    const end = aligned ? this.#endAround(chunk) : 0;
    if (end > 0 && !this.#isFree(chunk)) {
      const next = chunk + this.#size(chunk);
      const back = next === this.#top ? this.#lastSize : (this.#words[(next >>> 2) + 1] ?? 0);
      if (next <= end && back === this.#size(chunk)) return chunk;
    }
    throw new LutraError('ARGUMENT', `kernel memory: ${ptr} is not the pointer of a live allocation`, {
      argument: 'ptr',
      value: ptr,
      expected: 'a pointer returned by alloc or realloc and not freed',
    });
  }

  /** The end of the part of memory that is handed out and holds `chunk`; 0 if it lies in none. */
  #endAround(chunk: number): number {
    if (chunk >= this.#first && chunk < this.#top) return this.#top;
    return this.#regions.find(([start, end]) => chunk >= start && chunk < end)?.[1] ?? 0;
  }

  #takeFree(size: number): number {
    const units = size / UNIT;
    let bin = this.#bins.binOf(units);
    if (!this.#bins.isLowerBound(units)) {
      const near = this.#bestOf(bin, size);
      if (near !== 0) return this.#take(near, size);
      bin++;
    }
    bin = this.#bins.firstFrom(bin);
    return bin < 0 ? 0 : this.#take(this.#bins.heads[bin]!, size);
  }

  #bestOf(bin: number, size: number): number {
    let best = 0;
    let bestSize = Infinity;
    let chunk = this.#bins.heads[bin]!;
    for (let looked = 0; chunk !== 0 && looked < LOOK; looked++) {
      const have = this.#size(chunk);
      if (have >= size && have < bestSize) {
        best = chunk;
        bestSize = have;
      }
      chunk = this.#words[(chunk >>> 2) + 2]!;
    }
    return best;
  }

  #take(chunk: number, size: number): number {
    this.#unlink(chunk);
    this.#setSize(chunk, this.#size(chunk), 0);
    this.#trim(chunk, size);
    return chunk;
  }

  #takeTop(size: number): number {
    const chunk = this.#top;
    if (!this.#reserve(chunk + size)) return 0;
    const before = this.#lastSize;
    this.#top = chunk + size;
    this.#setSize(chunk, size, 0);
    this.#words[(chunk >>> 2) + 1] = before;
    return chunk;
  }

  /** Grows a chunk over the free chunk or the free top behind it; false when neither is there or is enough. */
  #extend(chunk: number, size: number): boolean {
    const next = chunk + this.#size(chunk);
    if (next === this.#top) {
      if (!this.#reserve(chunk + size)) return false;
      this.#top = chunk + size;
      this.#setSize(chunk, size, 0);
      return true;
    }
    if (!this.#isFree(next)) return false;
    const joined = this.#size(chunk) + this.#size(next);
    if (joined < size) return false;
    this.#unlink(next);
    this.#setSize(chunk, joined, 0);
    return true;
  }

  /** Cuts a chunk down to `size` and frees the rest, unless the rest is too small to be a chunk. */
  #trim(chunk: number, size: number): void {
    const rest = this.#size(chunk) - size;
    if (rest < MIN_CHUNK) return;
    const tail = chunk + size;
    this.#setSize(tail, rest, 0);
    this.#setSize(chunk, size, 0);
    this.#release(tail);
  }

  /** Joins a chunk with its free neighbours and files it, or gives it back to the top. */
  #release(chunk: number): void {
    let start = chunk;
    let size = this.#size(chunk);
    const back = this.#words[(chunk >>> 2) + 1]!;
    if (start > this.#first && this.#isFree(start - back)) {
      start -= back;
      size += back;
      this.#unlink(start);
    }
    const next = start + size;
    if (next === this.#top) {
      this.#top = start;
      this.#lastSize = start > this.#first ? this.#words[(start >>> 2) + 1]! : 0;
      return;
    }
    if (this.#isFree(next)) {
      size += this.#size(next);
      this.#unlink(next);
    }
    this.#setSize(start, size, FREE);
    this.#link(start, size);
  }

  #link(chunk: number, size: number): void {
    const bin = this.#bins.binOf(size / UNIT);
    const head = this.#bins.heads[bin]!;
    this.#words[(chunk >>> 2) + 2] = head;
    this.#words[(chunk >>> 2) + 3] = 0;
    if (head !== 0) this.#words[(head >>> 2) + 3] = chunk;
    this.#bins.setHead(bin, chunk);
  }

  #unlink(chunk: number): void {
    const next = this.#words[(chunk >>> 2) + 2]!;
    const prev = this.#words[(chunk >>> 2) + 3]!;
    if (next !== 0) this.#words[(next >>> 2) + 3] = prev;
    if (prev !== 0) this.#words[(prev >>> 2) + 2] = next;
    else this.#bins.setHead(this.#bins.binOf(this.#size(chunk) / UNIT), next);
  }

  #reserve(end: number): boolean {
    if (end > MEMORY_LIMIT || !this.#host.ensure(end)) return false;
    this.#renew();
    return true;
  }

  #renew(): void {
    if (this.#words.buffer !== this.#host.buffer) this.#words = new Uint32Array(this.#host.buffer);
  }

  #full(bytes: number): LutraError {
    return new LutraError(
      'CAPACITY',
      `kernel memory: ${bytes} bytes wanted, ${this.allocatedBytes} in use, limit ${MEMORY_LIMIT} or less by the machine`,
      { wanted: bytes, limit: MEMORY_LIMIT, what: 'bytes of kernel memory' },
    );
  }
}

function chunkSize(bytes: number): number {
  if (!(bytes >= 0)) {
    throw new LutraError('ARGUMENT', `kernel memory: size must be a count of bytes, got ${bytes}`, {
      argument: 'bytes',
      value: bytes,
      expected: 'a number of at least 0',
    });
  }
  return Math.max(MIN_CHUNK, Math.ceil((bytes + HEADER) / UNIT) * UNIT);
}
