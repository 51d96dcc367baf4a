import { LutraError, type RowsInFile } from '@lutra/core';
import {
  type Allocate,
  type ArrayKind,
  type ArrayRequest,
  assertFits,
  ELEMENT_BYTES,
  ownMemory,
  type Pieces,
} from './allocate.js';
import { int64ToNumbers } from './int64.js';
import { type Judge, Trail } from './judge.js';
import type { Reading } from './reading.js';

const TWO_32 = 0x1_0000_0000;

/** Bytes that are read ahead: a copy of that much stays in the cache of a core. */
const WINDOW = 1 << 18;

/** Takes the place of `rows` rows at `offset` for the array at `path`, if they are to stay in their file. */
export type Leave = (path: string, offset: number, rows: number) => RowsInFile | undefined;

/** How a {@link ByteReader} reads. */
export interface ByteReaderOptions {
  /** The name of the input, for messages. */
  readonly path?: string | undefined;
  /** The input is the reader's to change: an unaligned array is moved over the count in front of it, not copied. */
  readonly inPlace?: boolean | undefined;
  /** Gives the memory of arrays. */
  readonly allocate?: Allocate | undefined;
  /** Divides the vectors of a `Flat`. */
  readonly pieces?: Pieces | undefined;
  /** Where rows are that need not be read; undefined for those that are to be. */
  readonly leave?: Leave | undefined;
  /** Bytes that are read ahead, at least 8; arrays longer than half of it go straight to their place. */
  readonly window?: number | undefined;
}

/** What is special about an array. */
interface ArrayOptions {
  /** Which one of several arrays of the field. */
  readonly element?: number | undefined;
  /** Values an element. */
  readonly width?: number;
}

/**
 * Little-endian reading with an offset, from bytes in memory or from a source of known size that is asked for its bytes
 * piece by piece. Every count is compared with the bytes that are left before anything is allocated.
 *
 * Arrays of bytes in memory are views of them where they are aligned, else copies; ids are always copies, but in place
 * only the ids of row lists are. Arrays of a source, and all arrays if there is an `allocate`, have memory of their own.
 */
export class ByteReader implements Judge {
  readonly trail: Trail = new Trail();
  readonly size: number;
  readonly #path: string | undefined;
  readonly #allocate: Allocate | undefined;
  /** How the vectors of a `Flat` are read. */
  readonly pieces: Pieces | undefined;
  readonly leave: Leave | undefined;
  readonly #inPlace: boolean;
  /** Whether the window is the whole input: then arrays may be views of it. */
  readonly #whole: boolean;
  readonly #windowSize: number;
  #window: Uint8Array;
  #view: DataView;
  /** Where in the input the window starts, and where in the window the reader is. */
  #base = 0;
  #at = 0;
  #allocated = 0;

  /** @param input - the bytes, or the size of the source that {@link Reading} is to be run on */
  constructor(input: Uint8Array | number, options: ByteReaderOptions = {}) {
    this.#whole = typeof input !== 'number';
    this.#window = typeof input === 'number' ? new Uint8Array(0) : input;
    this.#view = viewOf(this.#window);
    this.size = typeof input === 'number' ? input : input.byteLength;
    this.#windowSize = options.window ?? WINDOW;
    this.#path = options.path;
    this.#allocate = options.allocate;
    this.pieces = options.pieces;
    this.leave = options.leave;
    this.#inPlace = this.#whole && options.allocate === undefined && (options.inPlace ?? false);
  }

  get offset(): number {
    return this.#base + this.#at;
  }

  get left(): number {
    return this.size - this.offset;
  }

  /** Bytes of memory taken for arrays so far. */
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
    if (actual !== expected) this.fail(field, this.#noted(field), `${expected} elements`, actual);
  }

  value(ok: boolean, field: string, wanted: string, found: number | string | boolean): void {
    if (!ok) this.fail(field, this.#noted(field), wanted, found);
  }

  /** Passes over `n` bytes. */
  skip(field: string, n: number): void {
    this.#claim(field, n);
    this.#at += n;
  }

  /** The four characters, unprintable ones as `\xNN`. */
  *fourcc(field: string): Reading<string> {
    if (this.#lacks(field, 4)) yield this.#refill();
    const at = this.#advance(4);
    return Array.from(this.#window.subarray(at, at + 4), (b) =>
      b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : `\\x${b.toString(16).padStart(2, '0')}`,
    ).join('');
  }

  *u8(field: string): Reading<number> {
    if (this.#lacks(field, 1)) yield this.#refill();
    return this.#view.getUint8(this.#advance(1));
  }

  *i8(field: string): Reading<number> {
    if (this.#lacks(field, 1)) yield this.#refill();
    return this.#view.getInt8(this.#advance(1));
  }

  *bool(field: string): Reading<boolean> {
    const x = yield* this.u8(field);
    this.value(x <= 1, field, 'a bool, 0 or 1', x);
    return x === 1;
  }

  *i32(field: string): Reading<number> {
    if (this.#lacks(field, 4)) yield this.#refill();
    return this.#view.getInt32(this.#advance(4), true);
  }

  *u32(field: string): Reading<number> {
    if (this.#lacks(field, 4)) yield this.#refill();
    return this.#view.getUint32(this.#advance(4), true);
  }

  *f32(field: string): Reading<number> {
    if (this.#lacks(field, 4)) yield this.#refill();
    return this.#view.getFloat32(this.#advance(4), true);
  }

  /** @throws LutraError `CAPACITY` beyond 2^53 */
  *u64(field: string): Reading<number> {
    if (this.#lacks(field, 8)) yield this.#refill();
    const at = this.#advance(8);
    const x = this.#view.getUint32(at + 4, true) * TWO_32 + this.#view.getUint32(at, true);
    if (!Number.isSafeInteger(x)) this.tooLarge(field, this.#view.getBigUint64(at, true), this.#base + at);
    return x;
  }

  /** @throws LutraError `CAPACITY` beyond 2^53 in either direction */
  *i64(field: string): Reading<number> {
    if (this.#lacks(field, 8)) yield this.#refill();
    const at = this.#advance(8);
    const x = this.#view.getInt32(at + 4, true) * TWO_32 + this.#view.getUint32(at, true);
    if (!Number.isSafeInteger(x)) this.tooLarge(field, this.#view.getBigInt64(at, true), this.#base + at);
    return x;
  }

  /** The raw 64 bits of a field that may hold all ones. */
  *bits64(field: string): Reading<bigint> {
    if (this.#lacks(field, 8)) yield this.#refill();
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  /** The count in front of an array of elements of `elementSize` bytes; they are known to be there. */
  *count(field: string, elementSize: number): Reading<number> {
    if (this.#lacks(field, 8)) yield this.#refill();
    const at = this.#advance(8);
    const n = this.#view.getUint32(at + 4, true) * TWO_32 + this.#view.getUint32(at, true);
    if (n * elementSize > this.left) {
      const count = this.#view.getBigUint64(at, true);
      this.fail(
        field,
        this.#base + at,
        `a count that fits the ${this.left} bytes left`,
        `${count} × ${elementSize} bytes`,
      );
    }
    return n;
  }

  /** `n` bytes without a count; `element` of `field` if that has several arrays. */
  *bytes(field: string, n: number, element?: number): Reading<Uint8Array> {
    return yield* this.#array(field, n, 'u8', { element });
  }

  /** `n` floats without a count. */
  *f32s(field: string, n: number, element?: number): Reading<Float32Array> {
    const bytes = yield* this.#array(field, 4 * n, 'f32', { element });
    return new Float32Array(bytes.buffer, bytes.byteOffset, n);
  }

  *byteVector(field: string, element?: number): Reading<Uint8Array> {
    return yield* this.#vector(field, 'u8', { element });
  }

  *f32Vector(field: string): Reading<Float32Array> {
    const bytes = yield* this.#vector(field, 'f32');
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }

  *f64Vector(field: string): Reading<Float64Array> {
    const bytes = yield* this.#vector(field, 'f64');
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  }

  *i32Vector(field: string): Reading<Int32Array> {
    const bytes = yield* this.#vector(field, 'i32');
    return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }

  /** Elements of `width` int64 each, as one array. */
  *i64Vector(field: string, width = 1): Reading<BigInt64Array> {
    const bytes = yield* this.#vector(field, 'i64', { width });
    return new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  }

  /** A counted array of int64 as safe integers, `width` of them an element. */
  *idVector(field: string, options: ArrayOptions = {}): Reading<Float64Array> {
    const start = this.offset + 8;
    return this.#numbers(field, yield* this.#vector(field, 'ids', options), start);
  }

  /**
   * `n` int64 as safe integers, never in place: what stands before them may be somebody's.
   * @throws LutraError `CAPACITY` for one beyond 2^53
   */
  *ids(field: string, n: number, element?: number): Reading<Float64Array> {
    const start = this.offset;
    return this.#numbers(field, yield* this.#array(field, 8 * n, 'ids', { element }), start);
  }

  #numbers(field: string, bytes: Uint8Array, start: number): Float64Array {
    const { numbers, unsafeAt } = int64ToNumbers(bytes);
    if (unsafeAt < 0) return numbers;
    const found = viewOf(bytes).getBigInt64(8 * unsafeAt, true);
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

  #noted(field: string): number {
    return this.trail.offsetOf(field) ?? this.offset;
  }

  /** Fails unless `n` bytes are left in the input. */
  #claim(field: string, n: number): void {
    this.trail.note(field, this.offset);
    if (!(n <= this.left)) this.fail(field, this.offset, `${n} bytes`, `${this.left} bytes left`);
  }

  /** Whether the window ends before the next `n` bytes, which the input has. */
  #lacks(field: string, n: number): boolean {
    this.#claim(field, n);
    return this.#at + n > this.#window.byteLength;
  }

  #advance(n: number): number {
    this.#at += n;
    return this.#at - n;
  }

  /** Puts the window where the reader is; its bytes are there when reading goes on. */
  #refill(): { target: Uint8Array; offset: number } {
    const offset = this.offset;
    const size = Math.min(this.#windowSize, this.left);
    if (this.#window.byteLength < size) this.#window = new Uint8Array(size);
    else this.#window = this.#window.subarray(0, size);
    this.#view = viewOf(this.#window);
    this.#base = offset;
    this.#at = 0;
    return { target: this.#window, offset };
  }

  *#vector(field: string, kind: ArrayKind, { element, width = 1 }: ArrayOptions = {}): Reading<Uint8Array> {
    const at = this.offset;
    const elementSize = ELEMENT_BYTES[kind] * width;
    const n = yield* this.count(field, elementSize);
    const bytes = yield* this.#array(field, n * elementSize, kind, { element, inPlace: this.#inPlace });
    this.trail.note(field, at);
    return bytes;
  }

  /** The next `n` bytes, at an address that is a multiple of the element's size. */
  *#array(
    field: string,
    n: number,
    kind: ArrayKind,
    { element, inPlace }: { element?: number | undefined; inPlace?: boolean },
  ): Reading<Uint8Array> {
    this.#claim(field, n);
    if (!this.#whole || this.#allocate !== undefined) {
      const path = this.trail.path(element === undefined ? field : `${field}[${element}]`);
      return yield* this.#fill(this.#memory(n, { kind, path, left: this.left }));
    }
    const start = this.#advance(n);
    const bytes = this.#window.subarray(start, start + n);
    const shift = bytes.byteOffset % ELEMENT_BYTES[kind];
    if (inPlace === true) {
      // a counted array, with the count (8 bytes, as much as any shift) in front of it
      if (shift > 0) this.#window.copyWithin(start - shift, start, start + n);
      return this.#window.subarray(start - shift, start - shift + n);
    }
    if (shift === 0 && kind !== 'ids') return bytes;
    this.#allocated += n;
    const copy = ownMemory(n, this.source);
    copy.set(bytes);
    return copy;
  }

  #memory(n: number, request: ArrayRequest): Uint8Array {
    const given = this.#allocate?.(n, request);
    if (given !== undefined) {
      assertFits(given, n, request);
      return given;
    }
    this.#allocated += n;
    return ownMemory(n, this.source);
  }

  /** Fills `target` with what comes next: from the window as far as it goes, then straight from the source. */
  *#fill(target: Uint8Array): Reading<Uint8Array> {
    const n = target.byteLength;
    let done = this.#drain(target, 0);
    if (n - done > this.#windowSize / 2) {
      yield { target: done === 0 ? target : target.subarray(done), offset: this.offset };
      this.#base += n - done;
      done = n;
    } else if (done < n) {
      yield this.#refill();
      done += this.#drain(target, done);
    }
    return target;
  }

  /** Copies what the window has to `target`, from its byte `at` on; how many bytes that were. */
  #drain(target: Uint8Array, at: number): number {
    const n = Math.min(target.byteLength - at, this.#window.byteLength - this.#at);
    if (n <= 0) return 0;
    target.set(this.#window.subarray(this.#at, this.#at + n), at);
    this.#at += n;
    return n;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
