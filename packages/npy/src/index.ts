export { toFloat32, toRows } from './array-rows.js';
export type { BlobLike } from './byte-source.js';
export { compareCodePoints } from './code-point-order.js';
export type { NpyData, NpyDtype } from './dtype.js';
export type { NpyHeader, ReadOptions } from './header.read.js';
export type { HeaderFields } from './header.write.js';
export type {
  CheckedRowSource,
  FiniteRowSource,
  NonFiniteElement,
  NonFiniteReport,
  ScanOptions,
} from './non-finite.js';
export { dropNonFinite, scanNonFinite } from './non-finite.js';
export type { NpyArray, NpyArrayInit } from './npy-array.js';
export { decodeNpy, encodeNpy, readNpy } from './npy-array.js';
export type { NpyRowSource } from './npy-rows.js';
export { openNpy } from './npy-rows.js';
export { encodeNpz, readNpz } from './npz.js';
export { parseNpyHeader } from './parse-npy-header.js';
export type { RowsOptions } from './row-range.js';
export { readRows } from './row-range.js';
export { toSafeIntegers } from './safe-integers.js';
