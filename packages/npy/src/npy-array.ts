import { LutraError } from '@lutra/core';
import { fortranToC } from './axis-order.js';
import {
  type BlobLike,
  type ByteSource,
  byteSource,
  isBlobLike,
  readBytes,
  sourceHeader,
  toBytes,
} from './byte-source.js';
import { type DtypeInfo, dtypeInfo, dtypeOf, type NpyData, type NpyDtype } from './dtype.js';
import { decodeElements, decodeOwnElements } from './elements.read.js';
import { encodeElements } from './elements.write.js';
import { allocate, argumentError, MEMORY, type Origin, withinMemory } from './fault.js';
import { assertFits, elementCount, type ParsedHeader, type ReadOptions, readHeader } from './header.read.js';
import { formatHeader } from './header.write.js';

/** An array of any number of dimensions, whole in memory. */
export interface NpyArray {
  /** Elements along each axis; `[]` for a single number. */
  readonly shape: readonly number[];
  /** How the file held (or will hold) an element; `data` is always in the host's byte order. */
  readonly dtype: NpyDtype;
  /** How the file held (or will hold) the axes; `data` is always in C order, last axis fastest. */
  readonly fortranOrder: boolean;
  /** The elements. `f2` comes as Float32Array, `i8` and `u8` as BigInt arrays (see `toSafeIntegers`), `b1` as 0 and 1. */
  readonly data: NpyData;
}

/** What {@link encodeNpy} writes: an {@link NpyArray}, or less where the defaults serve. */
export interface NpyArrayInit {
  readonly shape: readonly number[];
  /** In C order, as many as `shape` says. */
  readonly data: NpyData;
  /** The type of `data` unless told. Floats are rounded to nearest even; an integer that does not fit is an error. */
  readonly dtype?: NpyDtype;
  /** Write the first axis fastest. */
  readonly fortranOrder?: boolean;
}

/**
 * The array in the bytes of an `.npy` file.
 * @param bytes - a whole file; `data` may be a view into it
 * @throws LutraError `FORMAT` for bytes that are no `.npy` file or are cut off, `UNSUPPORTED` for dtypes that are not
 *   numeric
 */
export function decodeNpy(bytes: Uint8Array | ArrayBuffer, options?: ReadOptions): NpyArray {
  return decodeFrom(toBytes(bytes), MEMORY, options);
}

export function decodeFrom(bytes: Uint8Array, origin: Origin, options?: ReadOptions): NpyArray {
  const header = readHeader(bytes, origin);
  assertFits(header, bytes.length, origin, options);
  const elements = bytes.subarray(header.dataOffset, header.dataOffset + header.dataBytes);
  return withinMemory(header.dataBytes, origin, () => finish(header, decodeElements(elements, header.info)));
}

/** As {@link decodeNpy}, from bytes or a `Blob`, of which only the elements are kept. */
export async function readNpy(
  source: Uint8Array | ArrayBuffer | BlobLike,
  options?: ReadOptions & { signal?: AbortSignal },
): Promise<NpyArray> {
  if (isBlobLike(source)) return readFrom(byteSource(source, MEMORY), options);
  return decodeNpy(source, options);
}

export async function readFrom(
  source: ByteSource,
  options?: ReadOptions & { signal?: AbortSignal },
): Promise<NpyArray> {
  const header = await sourceHeader(source);
  assertFits(header, source.size, source.origin, options);
  const bytes = await readBytes(source, header.dataOffset, header.dataBytes, options?.signal);
  const make = (): NpyArray => finish(header, decodeOwnElements(bytes, header.info));
  return withinMemory(header.dataBytes, source.origin, make);
}

function finish({ shape, dtype, fortranOrder }: ParsedHeader, data: NpyData): NpyArray {
  return { shape, dtype, fortranOrder, data: fortranOrder ? fortranToC(data, shape) : data };
}

/**
 * The bytes of an `.npy` file, the same that NumPy's `save` writes for this array.
 * @param options.version - of the format; unless told 1, or 2 for a header beyond 65535 bytes
 * @throws LutraError `SHAPE` if `data` is not as long as `shape` says, `ARGUMENT` for a value that `dtype` cannot hold
 */
export function encodeNpy(array: NpyArrayInit, options?: { version?: 1 | 2 | 3 }): Uint8Array<ArrayBuffer> {
  const { shape, data, info, fortranOrder } = checkArray(array);
  const header = formatHeader({ dtype: info.dtype, shape, fortranOrder }, checkVersion(options?.version));
  return withinMemory(info.bytes * data.length, MEMORY, () => {
    const ordered = fortranOrder ? fortranToC(data, [...shape].reverse()) : data;
    const elements = encodeElements(ordered, info);
    const bytes = allocate(header.length + elements.length, MEMORY);
    bytes.set(header);
    bytes.set(elements, header.length);
    return bytes;
  });
}

function checkVersion(version: 1 | 2 | 3 | undefined): 1 | 2 | 3 | undefined {
  if (version === undefined || version === 1 || version === 2 || version === 3) return version;
  throw argumentError('version', `wants 1, 2 or 3, not ${String(version)}`, version);
}

/** The defaults of `array` filled in, once it is known to be whole. */
export function checkArray(array: NpyArrayInit): {
  shape: readonly number[];
  data: NpyData;
  info: DtypeInfo;
  fortranOrder: boolean;
} {
  if (typeof array !== 'object' || array === null)
    throw argumentError('array', 'wants { shape, data }', array);
  const { shape, dtype, fortranOrder } = array;
  const data = array.data instanceof Uint8Array ? toBytes(array.data) : array.data;
  if (!Array.isArray(shape) || shape.some((n) => !Number.isSafeInteger(n) || n < 0)) {
    throw argumentError('shape', `wants whole numbers ≥ 0, not (${String(shape)})`, shape);
  }
  const natural = dtypeOf(data);
  const count = elementCount(shape);
  if (count !== data.length) {
    const text = `npy: shape (${shape.join(', ')}) wants ${count} elements, data has ${data.length}`;
    throw new LutraError('SHAPE', text, { argument: 'data', expected: `${count}`, actual: `${data.length}` });
  }
  return { shape, data, info: dtypeInfo(dtype ?? natural), fortranOrder: fortranOrder ?? false };
}
