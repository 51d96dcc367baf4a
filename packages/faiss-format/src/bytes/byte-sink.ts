import { type FlatData, LutraError, type RowsInFile } from '@lutra/core';
import { findUnsafe } from './int64.js';
import { type Judge, Trail } from './judge.js';
import { IdPart, LazyPart, type Part, ViewPart } from './parts.js';

const SCRATCH = 512;

/** The bytes of rows of `d` floats that are in a file, in pieces that hold until the next. */
export type ReadRows = (piece: RowsInFile, d: number) => Iterable<Uint8Array>;

function refuseRows({ path }: RowsInFile): never {
  throw new LutraError(
    'UNSUPPORTED',
    `vectors that are left in ${path} are written by writeIndexFile alone`,
    {
      feature: 'vectors in a file',
      by: '@lutra/faiss-format',
    },
  );
}

/**
 * Collects what a file is made of, in order, without building it: small fields are gathered in small blocks, arrays
 * are kept by reference and turned into bytes when the parts are read.
 */
export class ByteSink implements Judge {
  readonly trail: Trail = new Trail();
  readonly #parts: Part[] = [];
  readonly #readRows: ReadRows;
  #scratch = new Uint8Array(SCRATCH);
  #view = new DataView(this.#scratch.buffer);
  #used = 0;

  constructor(readRows: ReadRows = refuseRows) {
    this.#readRows = readRows;
  }

  /** Every part so far, in file order. */
  parts(): readonly Part[] {
    this.#flush();
    return this.#parts;
  }

  length(field: string, actual: number, expected: number): void {
    if (actual === expected) return;
    const path = this.trail.path(field);
    throw new LutraError(
      'SHAPE',
      `${path} of ${this.trail.label}: wanted ${expected} elements, found ${actual}`,
      { argument: path, expected: String(expected), actual: String(actual) },
    );
  }

  value(ok: boolean, field: string, wanted: string, found: unknown): void {
    if (ok) return;
    const path = this.trail.path(field);
    throw new LutraError(
      'ARGUMENT',
      `${path} of ${this.trail.label}: wanted ${wanted}, found ${String(found)}`,
      { argument: path, value: found, expected: wanted },
    );
  }

  fourcc(code: string): void {
    const at = this.#take(4);
    for (let i = 0; i < 4; i++) this.#scratch[at + i] = code.charCodeAt(i);
  }

  u8(x: number): void {
    this.#scratch[this.#take(1)] = x;
  }

  bool(field: string, x: boolean): void {
    this.value(typeof x === 'boolean', field, 'a boolean', x);
    this.u8(x ? 1 : 0);
  }

  i32(field: string, x: number): void {
    this.value(Number.isInteger(x) && x === (x | 0), field, 'a 32-bit integer', x);
    this.#view.setInt32(this.#take(4), x, true);
  }

  u32(field: string, x: number): void {
    this.value(Number.isInteger(x) && x === x >>> 0, field, 'an unsigned 32-bit integer', x);
    this.#view.setUint32(this.#take(4), x, true);
  }

  f32(field: string, x: number): void {
    this.value(typeof x === 'number', field, 'a number', x);
    this.#view.setFloat32(this.#take(4), x, true);
  }

  u64(field: string, x: number): void {
    this.value(Number.isSafeInteger(x) && x >= 0, field, 'a safe integer from 0', x);
    this.#view.setBigUint64(this.#take(8), BigInt(x), true);
  }

  /** A signed 64-bit field that the format fixes. */
  bits64(x: bigint): void {
    this.#view.setBigUint64(this.#take(8), x, true);
  }

  byteVector(field: string, x: Uint8Array): void {
    this.#vector(field, x, 'Uint8Array', 1);
  }

  f32Vector(field: string, x: Float32Array): void {
    this.#vector(field, x, 'Float32Array', 1);
  }

  /** Rows in pieces, counted together as one vector of floats. */
  rows({ d, ntotal, vectors, more = [] }: FlatData): void {
    this.array('vectors', vectors, 'Float32Array');
    this.u64('vectors', ntotal * d);
    this.append(new ViewPart(vectors));
    for (const [i, piece] of more.entries()) {
      if ('rows' in piece) {
        this.append(new LazyPart(4 * d * piece.rows, () => this.#readRows(piece, d)));
      } else {
        this.array(`more[${i}]`, piece, 'Float32Array');
        this.append(new ViewPart(piece));
      }
    }
  }

  f64Vector(field: string, x: Float64Array): void {
    this.#vector(field, x, 'Float64Array', 1);
  }

  i32Vector(field: string, x: Int32Array): void {
    this.#vector(field, x, 'Int32Array', 1);
  }

  /** Without a count. */
  i32s(field: string, x: Int32Array): void {
    this.array(field, x, 'Int32Array');
    this.append(new ViewPart(x));
  }

  /** Counted in elements of `width` int64. */
  i64Vector(field: string, x: BigInt64Array, width = 1): void {
    this.#vector(field, x, 'BigInt64Array', width);
  }

  /** Counted in elements of `width` integers. */
  idVector(field: string, x: Float64Array, width = 1): void {
    this.ids(field, x);
    this.u64(field, x.length / width);
    this.append(new IdPart(x));
  }

  /** Checks that `x` is a Float64Array of safe integers. */
  ids(field: string, x: Float64Array): void {
    this.array(field, x, 'Float64Array');
    const unsafe = findUnsafe(x);
    if (unsafe >= 0) this.value(false, `${field}[${unsafe}]`, 'a safe integer', x[unsafe]);
  }

  /** Checks that `x` is a typed array of the named type, of any realm. */
  array(field: string, x: ArrayBufferView, type: string): void {
    const found = Object.prototype.toString.call(x).slice(8, -1);
    this.value(found === type, field, `a ${type}`, found);
  }

  append(part: Part): void {
    if (part.byteLength === 0) return;
    this.#flush();
    this.#parts.push(part);
  }

  #vector(field: string, x: ArrayBufferView & { length: number }, type: string, width: number): void {
    this.array(field, x, type);
    this.u64(field, x.length / width);
    this.append(new ViewPart(x));
  }

  #take(n: number): number {
    if (this.#used + n > SCRATCH) this.#flush();
    const at = this.#used;
    this.#used += n;
    return at;
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#parts.push(new ViewPart(this.#scratch.slice(0, this.#used)));
    this.#used = 0;
  }
}
