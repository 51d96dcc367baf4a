import { HOST_LITTLE_ENDIAN, swapBytes } from './byte-order.js';
import type { DtypeInfo, NpyData } from './dtype.js';
import { halfToFloat32 } from './half.js';

/**
 * The elements in `bytes`, whose length is a multiple of the element's.
 * @returns a view into `bytes` where that is possible: aligned, in the host's byte order, not `f2`; else a copy
 */
export function decodeElements(bytes: Uint8Array, info: DtypeInfo): NpyData {
  const swap = info.littleEndian !== HOST_LITTLE_ENDIAN && info.bytes > 1;
  const misaligned = bytes.byteOffset % info.bytes !== 0;
  return swap || misaligned ? decodeOwnElements(bytes.slice(), info) : viewElements(bytes, info);
}

/** As {@link decodeElements} for aligned `bytes` that may be overwritten. */
export function decodeOwnElements(bytes: Uint8Array, info: DtypeInfo): NpyData {
  if (info.littleEndian !== HOST_LITTLE_ENDIAN && info.bytes > 1) swapBytes(bytes, info.bytes);
  return viewElements(bytes, info);
}

function viewElements({ buffer, byteOffset, byteLength }: Uint8Array, info: DtypeInfo): NpyData {
  const n = byteLength / info.bytes;
  switch (info.code) {
    case 'b1':
      return zeroOrOne(new Uint8Array(buffer, byteOffset, n));
    case 'u1':
      return new Uint8Array(buffer, byteOffset, n);
    case 'i1':
      return new Int8Array(buffer, byteOffset, n);
    case 'u2':
      return new Uint16Array(buffer, byteOffset, n);
    case 'i2':
      return new Int16Array(buffer, byteOffset, n);
    case 'u4':
      return new Uint32Array(buffer, byteOffset, n);
    case 'i4':
      return new Int32Array(buffer, byteOffset, n);
    case 'u8':
      return new BigUint64Array(buffer, byteOffset, n);
    case 'i8':
      return new BigInt64Array(buffer, byteOffset, n);
    case 'f2':
      return halfToFloat32(new Uint16Array(buffer, byteOffset, n));
    case 'f4':
      return new Float32Array(buffer, byteOffset, n);
    case 'f8':
      return new Float64Array(buffer, byteOffset, n);
  }
}

/** NumPy takes any byte but 0 for true. */
function zeroOrOne(bytes: Uint8Array): Uint8Array {
  return bytes.every((x) => x < 2) ? bytes : bytes.map((x) => (x === 0 ? 0 : 1));
}
