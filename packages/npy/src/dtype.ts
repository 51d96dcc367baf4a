import { LutraError } from '@lutra/core';
import { formatError, type Origin, unsupported } from './fault.js';

/** A NumPy dtype as its header writes it: byte order, kind, bytes an element. */
export type NpyDtype =
  | '|b1'
  | '|i1'
  | '|u1'
  | `${'<' | '>'}${'i2' | 'i4' | 'i8' | 'u2' | 'u4' | 'u8' | 'f2' | 'f4' | 'f8'}`;

/** Elements in the host's byte order. `f2` is held as float32, which loses nothing; `b1` as 0 and 1. */
export type NpyData =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** The part of a dtype that is not byte order. */
export type NpyCode = 'b1' | 'i1' | 'u1' | 'i2' | 'u2' | 'i4' | 'u4' | 'i8' | 'u8' | 'f2' | 'f4' | 'f8';

/** A dtype taken apart. */
export interface DtypeInfo {
  readonly dtype: NpyDtype;
  readonly code: NpyCode;
  /** b: boolean, i: signed, u: unsigned, f: floating point. */
  readonly kind: 'b' | 'i' | 'u' | 'f';
  /** Bytes an element. */
  readonly bytes: number;
  readonly littleEndian: boolean;
}

const SUPPORTED = /^([<>=|]?)(b1|\?|[iu][1248]|f[248])$/;
/** The rest of what NumPy may put into a plain descr. */
const REFUSED = /^[<>=|]?([OSUVMmcfaiubtgGdDFeqQlLhHBpP])\d*(\[[^\]]*\])?$/;

const REFUSALS: Readonly<Record<string, string>> = {
  O: 'holds pickled Python objects, which are not read',
  S: 'is bytes, not numbers',
  a: 'is bytes, not numbers',
  U: 'is text, not numbers',
  V: 'is raw memory, not numbers',
  M: 'is dates, not numbers',
  m: 'is time spans, not numbers',
  c: 'is complex, which is not read',
};

/**
 * `descr` taken apart. A missing or native (`=`, `|`) byte order counts as little-endian.
 * @throws LutraError `UNSUPPORTED` for a dtype that is not numeric or not read here, `FORMAT` for what is no dtype
 */
export function parseDescr(descr: string, origin: Origin): DtypeInfo {
  const match = SUPPORTED.exec(descr);
  if (match) return describe(match[1] ?? '', (match[2] === '?' ? 'b1' : match[2]) as NpyCode);
  const refused = REFUSED.exec(descr)?.[1];
  if (refused === undefined) throw formatError(origin, { field: 'descr' }, `'${show(descr)}' is no dtype`);
  throw unsupported(origin, `dtype ${descr}`, `dtype '${descr}' ${REFUSALS[refused] ?? 'is not read'}`);
}

/**
 * The dtype named by a caller, taken apart.
 * @throws LutraError `ARGUMENT` for one that is not written here
 */
export function dtypeInfo(dtype: string): DtypeInfo {
  const match = typeof dtype === 'string' ? SUPPORTED.exec(dtype) : null;
  if (match) return describe(match[1] ?? '', (match[2] === '?' ? 'b1' : match[2]) as NpyCode);
  const expected = '|b1 |i1 |u1, or < or > with i2 i4 i8 u2 u4 u8 f2 f4 f8';
  throw new LutraError('ARGUMENT', `npy: dtype wants one of ${expected}, not ${show(String(dtype))}`, {
    argument: 'dtype',
    value: dtype,
    expected,
  });
}

function describe(order: string, code: NpyCode): DtypeInfo {
  const bytes = Number(code[1]);
  const littleEndian = bytes === 1 || order !== '>';
  const sign = bytes === 1 ? '|' : littleEndian ? '<' : '>';
  const kind = code[0] as DtypeInfo['kind'];
  return { dtype: `${sign}${code}` as NpyDtype, code, kind, bytes, littleEndian };
}

/** Printable ASCII of `text`, cut to what a message can bear. */
export function show(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/g, '?');
  return plain.length > 60 ? `${plain.slice(0, 57)}...` : plain;
}

/**
 * The dtype that `data` is written as unless told.
 * @throws LutraError `ARGUMENT` for what is no numeric typed array
 */
export function dtypeOf(data: NpyData): NpyDtype {
  if (data instanceof Float32Array) return '<f4';
  if (data instanceof Float64Array) return '<f8';
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return '|u1';
  if (data instanceof Int8Array) return '|i1';
  if (data instanceof Uint16Array) return '<u2';
  if (data instanceof Int16Array) return '<i2';
  if (data instanceof Uint32Array) return '<u4';
  if (data instanceof Int32Array) return '<i4';
  if (data instanceof BigUint64Array) return '<u8';
  if (data instanceof BigInt64Array) return '<i8';
  throw new LutraError('ARGUMENT', 'npy: data is no numeric typed array', {
    argument: 'data',
    expected: 'a typed array of numbers or bigints',
  });
}
