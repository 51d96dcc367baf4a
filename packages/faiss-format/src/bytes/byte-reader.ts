import { LutraError } from '@lutra/core';
import { int64ToNumbers } from './int64.js';
import { type Judge, Trail } from './judge.js';

const TWO_32 = 0x1_0000_0000;

/** How a {@link ByteReader} reads. */
export interface ByteReaderOptions {
  /** The name of the input, for messages. */
  readonly path?: string | undefined;
  /** The input is the reader's to change: an unaligned array is moved over the count in front of it, not copied. */
  readonly inPlace?: boolean | undefined;
}

/**
 * Little-endian reading with an offset. Every count is compared with the bytes that are left before anything is
 * allocated. Arrays are views of the input when they are aligned, else copies; ids are always copies. In place, only
 * the ids of row lists are.
 */
export class ByteReader implements Judge {
  readonly trail: Trail = new Trail();
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #path: string | undefined;
  readonly #inPlace: boolean;
  #offset = 0;
  #allocated = 0;

  constructor(bytes: Uint8Array, options: ByteReaderOptions = {}) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#path = options.path;
    this.#inPlace = options.inPlace ?? false;
  }

  get offset(): number {
    return this.#offset;
  }

  get left(): number {
    return this.#bytes.byteLength - this.#offset;
  }

  get size(): number {
    return this.#bytes.byteLength;
  }

  /** Bytes of memory taken for copies so far. */
  get allocated(): number {
    return this.#allocated;
  }

  /** The name of the input at the head of every message. */
  get source(): string {
    return this.#path ?? 'faiss index';
  }

  fail(field: string, offset: number, wanted: string, found: number | string | boolean): never {
    const path = this.trail.path(field);
    const label = this.trail.label === '' ? '' : ` of ${this.trail.label}`;
    throw new LutraError(
      'FORMAT',
      `${this.source}: ${path}${label} at offset ${offset}: wanted ${wanted}, found ${found}`,
      {
        format: 'faiss',
        field: path,
        offset,
        ...(this.#path === undefined ? {} : { path: this.#path }),
      },
    );
  }

  length(field: string, actual: number, expected: number): void {
    if (actual !== expected) this.fail(field, this.#at(field), `${expected} elements`, actual);
  }

  value(ok: boolean, field: string, wanted: string, found: number | string | boolean): void {
    if (!ok) this.fail(field, this.#at(field), wanted, found);
  }

  /** `n` raw bytes, a view of the input. */
  bytes(field: string, n: number): Uint8Array {
    this.trail.note(field, this.#offset);
    if (!(n <= this.left)) this.fail(field, this.#offset, `${n} bytes`, `${this.left} bytes left`);
    const start = this.#offset;
    this.#offset += n;
    return this.#bytes.subarray(start, start + n);
  }

  #skip(field: string, n: number): number {
    this.bytes(field, n);
    return this.#offset - n;
  }

  /** The four characters, unprintable ones as `\xNN`. */
  fourcc(field: string): string {
    const bytes = this.bytes(field, 4);
    return Array.from(bytes, (b) =>
      b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : `\\x${b.toString(16).padStart(2, '0')}`,
    ).join('');
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#skip(field, 1));
  }

  bool(field: string): boolean {
    const x = this.u8(field);
    this.value(x <= 1, field, 'a bool, 0 or 1', x);
    return x === 1;
  }

  i32(field: string): number {
    return this.#view.getInt32(this.#skip(field, 4), true);
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#skip(field, 4), true);
  }

  f32(field: string): number {
    return this.#view.getFloat32(this.#skip(field, 4), true);
  }

  /** @throws LutraError `CAPACITY` beyond 2^53 */
  u64(field: string): number {
    const at = this.#skip(field, 8);
    const x = this.#view.getUint32(at + 4, true) * TWO_32 + this.#view.getUint32(at, true);
    if (!Number.isSafeInteger(x)) this.tooLarge(field, this.#view.getBigUint64(at, true), at);
    return x;
  }

  /** @throws LutraError `CAPACITY` beyond 2^53 in either direction */
  i64(field: string): number {
    const at = this.#skip(field, 8);
    const x = this.#view.getInt32(at + 4, true) * TWO_32 + this.#view.getUint32(at, true);
    if (!Number.isSafeInteger(x)) this.tooLarge(field, this.#view.getBigInt64(at, true), at);
    return x;
  }

  /** The raw 64 bits of a field that may hold all ones. */
  bits64(field: string): bigint {
    return this.#view.getBigUint64(this.#skip(field, 8), true);
  }

  /** The count in front of an array of elements of `elementSize` bytes; they are known to be there. */
  count(field: string, elementSize: number): number {
    const at = this.#skip(field, 8);
    const n = this.#view.getUint32(at + 4, true) * TWO_32 + this.#view.getUint32(at, true);
    if (n * elementSize > this.left) {
      const count = this.#view.getBigUint64(at, true);
      this.fail(
        field,
        at,
        `a count that fits the ${this.left} bytes left`,
        `${count} × ${elementSize} bytes`,
      );
    }
    return n;
  }

  byteVector(field: string): Uint8Array {
    return this.#vector(field, 1);
  }

  f32Vector(field: string): Float32Array {
    const bytes = this.#aligned(this.#vector(field, 4), 4);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }

  i32Vector(field: string): Int32Array {
    const bytes = this.#aligned(this.#vector(field, 4), 4);
    return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }

  /** Elements of `width` int64 each, as one array. */
  i64Vector(field: string, width = 1): BigInt64Array {
    const bytes = this.#aligned(this.#vector(field, 8 * width), 8);
    return new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  }

  /** A counted array of int64 as safe integers. */
  idVector(field: string): Float64Array {
    const bytes = this.#vector(field, 8);
    const start = this.#offset - bytes.byteLength;
    return this.#numbers(field, this.#inPlace ? this.#aligned(bytes, 8) : this.#copy(bytes), start);
  }

  /**
   * `n` int64 as safe integers, never in place: what stands before them may be somebody's.
   * @throws LutraError `CAPACITY` for one beyond 2^53
   */
  ids(field: string, n: number): Float64Array {
    const start = this.#offset;
    return this.#numbers(field, this.#copy(this.bytes(field, 8 * n)), start);
  }

  #numbers(field: string, bytes: Uint8Array, start: number): Float64Array {
    const { numbers, unsafeAt } = int64ToNumbers(bytes);
    if (unsafeAt < 0) return numbers;
    const at = bytes.byteOffset + 8 * unsafeAt;
    const found = new DataView(bytes.buffer).getBigInt64(at, true);
    return this.tooLarge(`${field}[${unsafeAt}]`, found, start + 8 * unsafeAt);
  }

  tooLarge(field: string, found: bigint, offset: number): never {
    const path = this.trail.path(field);
    throw new LutraError(
      'CAPACITY',
      `${this.source}: ${path} of ${this.trail.label} at offset ${offset}: wanted a value within ±(2^53 - 1), found ${found}`,
      { what: path, wanted: Number(found), limit: Number.MAX_SAFE_INTEGER },
    );
  }

  #at(field: string): number {
    return this.trail.offsetOf(field) ?? this.#offset;
  }

  #vector(field: string, elementSize: number): Uint8Array {
    const at = this.#offset;
    const bytes = this.bytes(field, this.count(field, elementSize) * elementSize);
    this.trail.note(field, at);
    return bytes;
  }

  /** The counted array that was just read, at an address that is a multiple of `size` (at most 8, as the count). */
  #aligned(bytes: Uint8Array, size: number): Uint8Array {
    const shift = bytes.byteOffset % size;
    if (shift === 0) return bytes;
    if (!this.#inPlace) return this.#copy(bytes);
    const start = this.#offset - bytes.byteLength;
    this.#bytes.copyWithin(start - shift, start, this.#offset);
    return this.#bytes.subarray(start - shift, this.#offset - shift);
  }

  #copy(bytes: Uint8Array): Uint8Array {
    this.#allocated += bytes.byteLength;
    // not slice(): a Buffer's slice is a view
    const copy = new Uint8Array(bytes.byteLength);
    copy.set(bytes);
    return copy;
  }
}
