import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { GrowingStore } from '../growing-store.js';
import { type BlockLayout, blockStride, packEntry, unpackEntry } from './block-layout.js';

/** 4-bit codes in FastScan blocks, in kernel memory; the unfilled tail of the last block is zero. */
export class BlockStore implements BlockLayout {
  readonly bbs: number;
  readonly M2: number;
  /** Bytes of a plain code. */
  readonly codeSize: number;
  /** Bytes of each vector that stand behind its block. */
  readonly extra: number;
  readonly #engine: Engine;
  readonly #blocks: GrowingStore;
  #size = 0;

  constructor(engine: Engine, bbs: number, M2: number, codeSize: number, extra = 0) {
    this.#engine = engine;
    this.bbs = bbs;
    this.M2 = M2;
    this.codeSize = codeSize;
    this.extra = extra;
    this.#blocks = new GrowingStore(engine, blockStride(this));
  }

  /** Vectors held. */
  get size(): number {
    return this.#size;
  }

  /** Bytes from one block to the next. */
  get stride(): number {
    return this.#blocks.recordBytes;
  }

  /** Blocks held, the last perhaps partly filled. */
  get blocks(): number {
    return this.#blocks.size;
  }

  get ptr(): Ptr {
    return this.#blocks.ptr;
  }

  /** A view of the packed blocks, valid until memory grows. */
  bytes(): Uint8Array {
    return this.#blocks.bytes();
  }

  /** Makes room for `n` vectors more. */
  reserve(n: number): void {
    this.#blocks.reserve(this.#missing(n));
  }

  #missing(n: number): number {
    return Math.ceil((this.#size + n) / this.bbs) - this.blocks;
  }

  /** Adds zeroed blocks so that `n` more vectors fit. */
  extend(n: number): void {
    const more = this.#missing(n);
    if (more > 0) {
      const at = this.#blocks.extend(more);
      this.#engine.memory.u8(at, more * this.#blocks.recordBytes).fill(0);
    }
  }

  /** Appends the plain code at `from`; {@link extend} has made room. */
  push(codes: Uint8Array, from: number, memory: Uint8Array): void {
    packEntry(codes, from, this.codeSize, memory, this.ptr, this.#size, this);
    this.#size++;
  }

  /** Appends `n` plain codes, `(n, codeSize)` bytes. */
  append(codes: Uint8Array, n: number): void {
    this.extend(n);
    const memory = new Uint8Array(this.#engine.memory.buffer);
    for (let i = 0; i < n; i++) this.push(codes, i * this.codeSize, memory);
  }

  /** Appends the first `n` vectors of packed blocks of the same codes, whatever their `bbs`. */
  appendBlocks(blocks: Uint8Array, n: number, bbs: number): void {
    const layout: BlockLayout = { bbs, M2: this.M2, extra: this.extra };
    this.extend(n);
    const memory = new Uint8Array(this.#engine.memory.buffer);
    const code = new Uint8Array(this.codeSize);
    for (let i = 0; i < n; i++) {
      unpackEntry(blocks, 0, i, layout, code);
      this.push(code, 0, memory);
    }
  }

  /** Becomes packed blocks that hold `n` vectors: where they are if they were given over, else a copy. The store is empty. */
  load(bytes: Uint8Array, n: number): void {
    const blocks = Math.ceil(n / this.bbs);
    this.#blocks.load(bytes, blocks);
    this.#size = n;
  }

  /** The plain code of vector `i` into `out`. */
  read(i: number, out: Uint8Array): void {
    unpackEntry(this.bytes(), 0, i, this, out);
  }

  /** Keeps vector i where `keep[i]` is 1, in order; returns how many went. */
  retain(keep: Uint8Array): number {
    const old = this.bytes().slice();
    const code = new Uint8Array(this.codeSize);
    const before = this.#size;
    let kept = 0;
    for (let i = 0; i < before; i++) kept += keep[i]!;
    // in the blocks that are there: a removal never fails for want of memory
    this.#blocks.truncate(Math.ceil(kept / this.bbs));
    this.bytes().fill(0);
    this.#size = 0;
    const memory = new Uint8Array(this.#engine.memory.buffer);
    for (let i = 0; i < before; i++) {
      if (keep[i] !== 1) continue;
      unpackEntry(old, 0, i, this, code);
      this.push(code, 0, memory);
    }
    return before - kept;
  }

  clear(): void {
    this.#blocks.clear();
    this.#size = 0;
  }
}
