import { numbersToInt64 } from './int64.js';

/** A piece of a file: its exact length now, its bytes when asked. */
export interface Part {
  readonly byteLength: number;
  /** The bytes in order. Chunks may be views of the caller's memory. */
  chunks(): Iterable<Uint8Array>;
}

/** The memory of a typed array, as it is. */
export class ViewPart implements Part {
  readonly byteLength: number;
  readonly #view: ArrayBufferView;

  constructor(view: ArrayBufferView) {
    this.#view = view;
    this.byteLength = view.byteLength;
  }

  chunks(): Iterable<Uint8Array> {
    return [bytesOf(this.#view)];
  }
}

const IDS_A_CHUNK = 8192;

/** Safe integers as int64, converted 64 KiB at a time. */
export class IdPart implements Part {
  readonly byteLength: number;
  readonly #ids: Float64Array;

  constructor(ids: Float64Array) {
    this.#ids = ids;
    this.byteLength = 8 * ids.length;
  }

  *chunks(): Generator<Uint8Array, void, undefined> {
    for (let i = 0; i < this.#ids.length; i += IDS_A_CHUNK) {
      yield numbersToInt64(this.#ids.subarray(i, i + IDS_A_CHUNK));
    }
  }
}

/** A part of known length whose pieces are made while it is read. */
export class LazyPart implements Part {
  readonly byteLength: number;
  readonly #make: () => Iterable<Uint8Array>;

  constructor(byteLength: number, make: () => Iterable<Uint8Array>) {
    this.byteLength = byteLength;
    this.#make = make;
  }

  chunks(): Iterable<Uint8Array> {
    return this.#make();
  }
}

/** The memory of a typed array as bytes, not copied. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
