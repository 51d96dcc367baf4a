import { HOST_LITTLE_ENDIAN, swapBytes } from './byte-order.js';
import { type DtypeInfo, dtypeInfo, dtypeOf, type NpyCode, type NpyData } from './dtype.js';
import { argumentError } from './fault.js';
import { toFloat32Data } from './float32.js';
import { float32ToHalf, float64ToHalf } from './half.js';

/**
 * The bytes of `data` as `info` says: floats are rounded to nearest even, integers must fit.
 * @returns a view of `data` where nothing changes, else a copy
 * @throws LutraError `ARGUMENT` for a value that the dtype cannot hold, naming its element
 */
export function encodeElements(data: NpyData, info: DtypeInfo): Uint8Array {
  const converted = convert(data, info.code);
  const bytes = new Uint8Array(converted.buffer, converted.byteOffset, converted.byteLength);
  if (info.bytes === 1 || info.littleEndian === HOST_LITTLE_ENDIAN) return bytes;
  const swapped = bytes.slice();
  swapBytes(swapped, info.bytes);
  return swapped;
}

function convert(data: NpyData, code: NpyCode): NpyData {
  if (dtypeInfo(dtypeOf(data)).code === code) return data;
  switch (code) {
    case 'f4':
      return toFloat32Data(data);
    case 'f8':
      return Float64Array.from(data as ArrayLike<unknown>, Number);
    case 'f2':
      return data instanceof Float32Array ? float32ToHalf(data) : float64ToHalf(toFloat64(data));
    case 'i8':
    case 'u8':
      return toWide(data, code);
    default:
      return toNarrow(data, code);
  }
}

function toFloat64(data: NpyData): Float64Array {
  return data instanceof Float64Array ? data : Float64Array.from(data as ArrayLike<unknown>, Number);
}

const NARROW = {
  b1: { make: Uint8Array, least: 0, most: 1 },
  i1: { make: Int8Array, least: -128, most: 127 },
  u1: { make: Uint8Array, least: 0, most: 255 },
  i2: { make: Int16Array, least: -32768, most: 32767 },
  u2: { make: Uint16Array, least: 0, most: 65535 },
  i4: { make: Int32Array, least: -2147483648, most: 2147483647 },
  u4: { make: Uint32Array, least: 0, most: 4294967295 },
} as const;

function toNarrow(data: NpyData, code: keyof typeof NARROW): NpyData {
  const { make, least, most } = NARROW[code];
  const out = new make(data.length);
  for (let i = 0; i < out.length; i++) {
    const x = data[i]!;
    const value = Number(x);
    if (!(value >= least && value <= most) || !Number.isInteger(value)) throw misfit(x, i, code);
    out[i] = value;
  }
  return out;
}

/** 64-bit words by halves: a BigInt for each label would cost more than the rest of writing them. */
function toWide(data: NpyData, code: 'i8' | 'u8'): NpyData {
  const out = code === 'i8' ? new BigInt64Array(data.length) : new BigUint64Array(data.length);
  const words = new Uint32Array(out.buffer);
  const [low, high] = HOST_LITTLE_ENDIAN ? [0, 1] : [1, 0];
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!;
    if (typeof x === 'bigint') {
      out[i] = x;
      if (out[i] !== x) throw misfit(x, i, code);
      continue;
    }
    if (!Number.isSafeInteger(x) || (code === 'u8' && x < 0)) throw misfit(x, i, code);
    words[2 * i + low] = x >>> 0;
    words[2 * i + high] = Math.floor(x / 4294967296) >>> 0;
  }
  return out;
}

function misfit(value: number | bigint, index: number, code: NpyCode): Error {
  return argumentError('data', `element ${index} is ${value}, which ${code} cannot hold exactly`, value);
}
