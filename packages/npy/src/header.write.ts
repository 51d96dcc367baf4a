import type { NpyDtype } from './dtype.js';
import { argumentError } from './fault.js';

/** Bytes of magic and version. */
export const MAGIC_BYTES = 8;
/** The file's first six bytes: 0x93 and `NUMPY`. */
export const MAGIC: readonly number[] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy aligns the data to this, so that it can be mapped. */
const ALIGN = 64;
/** NumPy leaves room for an axis of this many digits, so that the first one can grow in place. */
const GROWTH_AXIS_DIGITS = 21;

/** What a header says. */
export interface HeaderFields {
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
}

/**
 * The header that NumPy writes for these fields, byte for byte. Its length does not depend on the first axis (the last
 * one in Fortran order), so a file may grow along it.
 * @param version - 1 (2-byte length), 2 or 3 (4-byte length); unless told 1, or 2 where 1 is too small
 */
export function formatHeader(fields: HeaderFields, version?: 1 | 2 | 3): Uint8Array {
  const text = `${formatDict(fields)}${' '.repeat(growthSpace(fields))}`;
  if (version === undefined) return wrapHeader(text, 1) ?? wrapHeader(text, 2)!;
  const bytes = wrapHeader(text, version);
  if (!bytes) throw argumentError('version', `1 holds 65535 bytes of header, ${text.length} wanted`, version);
  return bytes;
}

/** Python's repr of the header dictionary. */
export function formatDict({ dtype, shape, fortranOrder }: HeaderFields): string {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  return `{'descr': '${dtype}', 'fortran_order': ${fortranOrder ? 'True' : 'False'}, 'shape': (${axes}), }`;
}

function growthSpace({ shape, fortranOrder }: HeaderFields): number {
  const axis = fortranOrder ? shape[shape.length - 1] : shape[0];
  return axis === undefined ? 0 : GROWTH_AXIS_DIGITS - String(axis).length;
}

/** Magic, version, length, `text` (ASCII), padding and newline; undefined if version 1 cannot say the length. */
export function wrapHeader(text: string, version: 1 | 2 | 3): Uint8Array | undefined {
  const lengthBytes = version === 1 ? 2 : 4;
  const start = MAGIC_BYTES + lengthBytes;
  // a header that ends on the boundary gets 64 bytes more: NumPy does so
  const total = start + text.length + 1 + ALIGN - ((start + text.length + 1) % ALIGN);
  if (version === 1 && total - start > 0xffff) return undefined;
  const bytes = new Uint8Array(total).fill(0x20);
  bytes.set(MAGIC);
  bytes.set([version, 0], MAGIC.length);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(MAGIC_BYTES, total - start, true);
  else view.setUint32(MAGIC_BYTES, total - start, true);
  for (let i = 0; i < text.length; i++) bytes[start + i] = text.charCodeAt(i);
  bytes[total - 1] = 0x0a;
  return bytes;
}
