import type { BinaryIndex, VectorIndex } from '@lutra/core';
import { encodeIndex } from '@lutra/faiss-format';

/**
 * The bytes of a faiss index file, the very ones that `faiss.write_index`, or
 * `write_index_binary`, gives for the same index.
 * @returns a new array; hand it to a `Blob`, a response, a file
 * @throws LutraError `STATE` after dispose, `UNSUPPORTED` from a backend that cannot save
 */
export function writeIndex(index: VectorIndex | BinaryIndex): Uint8Array {
  return encodeIndex(index.toData());
}
