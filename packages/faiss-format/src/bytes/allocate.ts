import { LutraError } from '@lutra/core';

/** What the elements of an array of a file are. */
export type ArrayKind = 'f32' | 'u8' | 'ids' | 'i32' | 'i64' | 'f64';

/** An array that memory is wanted for. */
export interface ArrayRequest {
  /**
   * `f32` for vectors, centroids and tables, `u8` for codes, `ids` for 8 bytes an id, which are float64 once the index is
   * read; `i32`, `i64` and `f64` for graphs, direct maps and the like.
   */
  readonly kind: ArrayKind;
  /** Where the array is in the `IndexData`: `base.invlists.codes[17]`. */
  readonly path: string;
  /** Bytes of the source from here to its end: what this and all later arrays take together at most. */
  readonly left: number;
}

/**
 * Gives the memory for an array of an index, exactly `bytes` long and aligned to its elements (8 for `ids`), so that it is
 * read into place; undefined for memory of the reader's own. The memory must hold until the read is over.
 */
export type Allocate = (bytes: number, request: ArrayRequest) => Uint8Array | undefined;

/**
 * In what pieces the vectors of a `Flat` are to be read: the bytes of each, whole rows of `rowBytes`, together `bytes`; undefined
 * for one. Memory for each is asked of {@link Allocate}.
 */
export type Pieces = (
  bytes: number,
  request: { readonly rowBytes: number; readonly path: string },
) => readonly number[] | undefined;

/** Bytes of an element, which is also the alignment of the array. */
export const ELEMENT_BYTES: Readonly<Record<ArrayKind, number>> = {
  f32: 4,
  u8: 1,
  ids: 8,
  i32: 4,
  i64: 8,
  f64: 8,
};

/** Zeroed memory of the reader's own. @throws LutraError `CAPACITY` */
export function ownMemory(bytes: number, what: string): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new LutraError(
      'CAPACITY',
      `${what}: no memory for an array of ${bytes} bytes`,
      { what, wanted: bytes },
      { cause },
    );
  }
}

/** @throws LutraError `ARGUMENT` if a hook gave memory that does not fit */
export function assertFits(memory: Uint8Array, bytes: number, request: ArrayRequest): void {
  const size = ELEMENT_BYTES[request.kind];
  const isBytes = Object.prototype.toString.call(memory) === '[object Uint8Array]';
  const fits = isBytes && memory.byteLength === bytes && memory.byteOffset % size === 0;
  if (fits) return;
  const found = isBytes ? `${memory.byteLength} bytes at address ${memory.byteOffset}` : typeof memory;
  throw new LutraError(
    'ARGUMENT',
    `allocate: ${request.path}: wanted a Uint8Array of ${bytes} bytes at a multiple of ${size}, found ${found}`,
    { argument: 'allocate', expected: `${bytes} bytes at a multiple of ${size}` },
  );
}
