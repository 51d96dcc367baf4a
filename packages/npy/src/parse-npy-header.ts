import { toBytes } from './byte-source.js';
import { MEMORY } from './fault.js';
import { type NpyHeader, readHeader } from './header.read.js';

/**
 * The header at the start of `bytes`, which may be only the first part of a file.
 * @returns dtype, shape in elements, axis order, and the byte range of the elements
 * @throws LutraError `FORMAT` for what is no `.npy` header, `UNSUPPORTED` for a dtype that is not numeric
 * @see NEP 1, "A simple file format for NumPy arrays", and numpy.lib.format for versions 2.0 and 3.0
 */
export function parseNpyHeader(bytes: Uint8Array | ArrayBuffer): NpyHeader {
  const { info: _, ...header } = readHeader(toBytes(bytes), MEMORY);
  return header;
}
