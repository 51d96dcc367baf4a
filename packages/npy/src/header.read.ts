import { LutraError } from '@lutra/core';
import { parse } from 'npyjs';
import { type DtypeInfo, parseDescr, show } from './dtype.js';
import { formatError, type Origin, unsupported } from './fault.js';
import { type HeaderFields, MAGIC, MAGIC_BYTES, wrapHeader } from './header.write.js';

/**
 * npyjs takes the dictionary apart. Around it, because it does neither: the preamble is checked against the bytes that
 * there are, byte orders other than little-endian are set aside first, and what it understood must be all that the
 * dictionary says (it searches the text for the fields it knows and overlooks the rest).
 */

/** No array has a dictionary near this long; NumPy itself stops at 10,000 characters. */
const MAX_HEADER_BYTES = 1 << 20;

/** What the start of an `.npy` file says. */
export interface NpyHeader extends HeaderFields {
  /** Of the format: 1, 2 or 3. */
  readonly version: 1 | 2 | 3;
  /** Elements, the product of `shape`. */
  readonly count: number;
  /** Byte at which the elements start. */
  readonly dataOffset: number;
  /** Bytes of the elements. */
  readonly dataBytes: number;
}

/** {@link NpyHeader} with its dtype taken apart. */
export interface ParsedHeader extends NpyHeader {
  readonly info: DtypeInfo;
}

interface Preamble {
  readonly version: 1 | 2 | 3;
  readonly start: number;
  readonly end: number;
}

/** Bytes to the end of the header, from the first 12 bytes of a file (or all it has). `size` is the whole file's. */
export function headerEnd(bytes: Uint8Array, size: number, origin: Origin): number {
  return readPreamble(bytes, size, origin).end;
}

/** The header at the start of `bytes`. Says nothing about the elements after it. */
export function readHeader(bytes: Uint8Array, origin: Origin): ParsedHeader {
  const { version, start, end } = readPreamble(bytes, bytes.length, origin);
  const text = dictText(bytes.subarray(start, end), origin, start);
  const info = parseDescr(findDescr(text, origin, start), origin);
  const { shape, fortranOrder } = parseDict(text, info, origin, start);
  const count = elementCount(shape);
  const dataBytes = count * info.bytes;
  if (!(dataBytes <= Number.MAX_SAFE_INTEGER)) {
    const text = `shape (${shape.join(', ')}) is beyond 2^53 bytes`;
    throw formatError(origin, { field: 'shape', offset: start }, text);
  }
  return { version, dtype: info.dtype, shape, fortranOrder, count, dataOffset: end, dataBytes, info };
}

function readPreamble(bytes: Uint8Array, size: number, origin: Origin): Preamble {
  if (size < MAGIC_BYTES + 2) {
    throw formatError(
      origin,
      { field: 'magic', offset: 0 },
      `an .npy file has at least 10 bytes, found ${size}`,
    );
  }
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw notNpy(bytes, origin);
  const version = bytes[6]!;
  if ((version !== 1 && version !== 2 && version !== 3) || bytes[7] !== 0) {
    const found = `${version}.${bytes[7]}`;
    throw unsupported(origin, `.npy version ${found}`, `.npy version is ${found}, read are 1.0, 2.0 and 3.0`);
  }
  const start = MAGIC_BYTES + (version === 1 ? 2 : 4);
  if (size < start) {
    const text = `header length wants 4 bytes at offset 8, found ${size - 8}`;
    throw formatError(origin, { field: 'header length', offset: 8 }, text);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > size - start) {
    const text = `header says ${length} bytes, ${size - start} left at offset ${start}`;
    throw formatError(origin, { field: 'header length', offset: 8 }, text);
  }
  if (length > MAX_HEADER_BYTES) {
    const text = `${origin.name}: header says ${length} bytes, read are at most ${MAX_HEADER_BYTES}`;
    throw new LutraError('CAPACITY', text, { wanted: length, limit: MAX_HEADER_BYTES, what: 'header bytes' });
  }
  return { version, start, end: start + length };
}

function notNpy(bytes: Uint8Array, origin: Origin): LutraError {
  const first = Array.from(bytes.subarray(0, 6), (b) => b.toString(16).padStart(2, '0')).join(' ');
  const zip = first.startsWith('50 4b') ? ' (a zip file: .npz is read by readNpz)' : '';
  const text = `not an .npy file: starts with ${first}, expected 93 4e 55 4d 50 59${zip}`;
  return formatError(origin, { field: 'magic', offset: 0 }, text);
}

/** The dictionary without white space, in single quotes, without the `L` that Python 2 put after long integers. */
function dictText(bytes: Uint8Array, origin: Origin, offset: number): string {
  const pieces: string[] = [];
  for (let i = 0; i < bytes.length; i += 4096) {
    pieces.push(String.fromCharCode(...bytes.subarray(i, i + 4096)));
  }
  const text = pieces.join('').replace(/[ \t\r\n\f]+/g, '');
  if (!text.startsWith('{') || !text.endsWith('}')) {
    throw formatError(origin, { field: 'header', offset }, `header is no dictionary: ${show(text)}`);
  }
  return text.replaceAll('"', "'").replace(/(\d)L(?=[,)])/g, '$1');
}

function findDescr(text: string, origin: Origin, offset: number): string {
  const match = /'descr':(?:'([^']*)'|([[(]))/.exec(text);
  if (!match) throw formatError(origin, { field: 'descr', offset }, `header has no descr: ${show(text)}`);
  if (match[2]) throw unsupported(origin, 'structured dtype', 'a structured dtype (records) is not read');
  return match[1]!;
}

function parseDict(
  text: string,
  info: DtypeInfo,
  origin: Origin,
  offset: number,
): { shape: number[]; fortranOrder: boolean } {
  // npyjs knows no byte order but the little-endian one
  const plain = text.replace(/'descr':'[^']*'/, `'descr':'${info.bytes === 1 ? '|' : '<'}${info.code}'`);
  const { shape, fortranOrder } = askNpyjs(plain, origin, offset);
  if (shape.some((n) => !Number.isSafeInteger(n) || n < 0)) {
    throw formatError(origin, { field: 'shape', offset }, `header has no valid shape: ${show(text)}`);
  }
  if (!saysOnly(plain, info, shape, fortranOrder)) {
    const wanted = "'descr', 'fortran_order' and 'shape' once each";
    throw formatError(origin, { field: 'header', offset }, `header wants ${wanted}: ${show(text)}`);
  }
  return { shape, fortranOrder };
}

function askNpyjs(text: string, origin: Origin, offset: number): { shape: number[]; fortranOrder: boolean } {
  try {
    // a header with no element behind it
    return parse(wrapHeader(text, 2)!.buffer as ArrayBuffer);
  } catch (cause) {
    throw formatError(origin, { field: 'header', offset }, `header cannot be parsed: ${show(text)}`, cause);
  }
}

/** Whether the dictionary `text` is the three entries, in any order, and nothing else. */
function saysOnly(text: string, info: DtypeInfo, shape: readonly number[], fortran: boolean): boolean {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(',');
  const head = `'descr':'${info.bytes === 1 ? '|' : '<'}${info.code}'`;
  const order = `'fortran_order':${fortran ? 'True' : 'False'}`;
  const entries = [head, order, `'shape':(${axes})`];
  const plain = shape.length > 1 ? text.replace(',)', ')') : text;
  const sorted = entries.sort((a, b) => plain.indexOf(a) - plain.indexOf(b)).join(',');
  return plain === `{${sorted}}` || plain === `{${sorted},}`;
}

/** The product of `shape`; infinite rather than wrong where it is beyond exact integers. */
export function elementCount(shape: readonly number[]): number {
  if (shape.includes(0)) return 0;
  const count = shape.reduce((product, n) => product * n, 1);
  return count <= Number.MAX_SAFE_INTEGER ? count : Number.POSITIVE_INFINITY;
}

/** How the elements of a file must fit it. */
export interface ReadOptions {
  /**
   * Bytes after the last element: `refuse` unless told; `ignore` reads the first array as NumPy does, which says
   * nothing about what follows.
   */
  trailing?: 'refuse' | 'ignore';
}

/** Checks the header against a file of `size` bytes, before anything is allocated for it. */
export function assertFits(header: NpyHeader, size: number, origin: Origin, options?: ReadOptions): void {
  const found = size - header.dataOffset;
  const at = { field: 'data', offset: header.dataOffset };
  const what = `shape (${header.shape.join(', ')}) of ${header.dtype} wants ${header.dataBytes} bytes`;
  if (found < header.dataBytes) {
    throw formatError(origin, at, `${what} at offset ${header.dataOffset}, found ${found}`);
  }
  if (found > header.dataBytes && options?.trailing !== 'ignore') {
    throw formatError(origin, at, `${what}, found ${found}: ${found - header.dataBytes} trailing`);
  }
}
