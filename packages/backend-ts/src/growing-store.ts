import type { Ptr } from '@lutra/kernels';
import type { Engine } from './engine.js';

/** Slack on growth: amortised appends at an eighth of waste on average. */
const GROWTH = 1.25;

/** Records of `recordBytes` bytes in a row in kernel memory, appended at the end. */
export class GrowingStore {
  readonly recordBytes: number;
  readonly #engine: Engine;
  #ptr: Ptr = 0;
  #size = 0;
  #capacity = 0;

  constructor(engine: Engine, recordBytes: number) {
    this.#engine = engine;
    this.recordBytes = recordBytes;
  }

  /** Records held. */
  get size(): number {
    return this.#size;
  }

  /** Start of record 0; 0 while nothing was ever stored. */
  get ptr(): Ptr {
    return this.#ptr;
  }

  /** A view of all records, valid until memory grows. */
  bytes(): Uint8Array {
    return this.#engine.memory.u8(this.#ptr, this.#size * this.recordBytes);
  }

  /**
   * Makes room for `n` records more: exactly where that is much, with slack where it is little, so that many small
   * additions do not move the records each time.
   */
  reserve(n: number): void {
    const wanted = this.#size + n;
    if (wanted > this.#capacity) this.#resize(Math.max(wanted, Math.ceil(this.#capacity * GROWTH)));
  }

  /** Adds `n` records of undefined contents and returns where the first is. */
  extend(n: number): Ptr {
    this.reserve(n);
    const at = this.#ptr + this.#size * this.recordBytes;
    this.#size += n;
    return at;
  }

  /** Takes `n` records at `ptr` over, where they are; the store has none of its own. */
  adopt(ptr: Ptr, n: number): void {
    this.#ptr = ptr;
    this.#size = n;
    this.#capacity = n;
  }

  /** Becomes the first `n` records of `array`: where they are if they were given over, else a copy. The store is empty. */
  load(array: ArrayBufferView, n: number): void {
    const ptr = this.#engine.take(array);
    if (ptr !== undefined) {
      this.adopt(ptr, n);
      return;
    }
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    this.append(bytes.subarray(0, n * this.recordBytes), n);
  }

  /** Adds the `n` records of `bytes`, which need not tell how many they are where they have no bytes. */
  append(bytes: Uint8Array, n: number = bytes.length / this.recordBytes): void {
    const at = this.extend(n);
    this.#engine.memory.u8(at, bytes.length).set(bytes);
  }

  /** Keeps record i where `keep[i]` is 1, in order; returns how many went. */
  retain(keep: Uint8Array): number {
    const bytes = this.bytes();
    const r = this.recordBytes;
    let kept = 0;
    for (let i = 0; i < this.#size; i++) {
      if (keep[i] !== 1) continue;
      if (kept !== i) bytes.copyWithin(kept * r, i * r, (i + 1) * r);
      kept++;
    }
    const gone = this.#size - kept;
    this.#size = kept;
    return gone;
  }

  /** Forgets all records but the first `n`. */
  truncate(n: number): void {
    this.#size = Math.min(n, this.#size);
  }

  clear(): void {
    this.#engine.memory.free(this.#ptr);
    this.#ptr = 0;
    this.#size = 0;
    this.#capacity = 0;
  }

  #resize(capacity: number): void {
    this.#ptr = this.#engine.memory.realloc(this.#ptr, Math.max(1, capacity * this.recordBytes));
    this.#capacity = capacity;
  }
}
