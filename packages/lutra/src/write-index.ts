import type { VectorIndex } from '@lutra/core';
import { encodeIndex } from '@lutra/faiss-format';

/**
 * The bytes of a faiss index file, the very ones that `faiss.write_index` gives for the same index.
 * @returns a new array; hand it to a `Blob`, a response, a file
 * @throws LutraError `STATE` after dispose, `UNSUPPORTED` from a backend that cannot save
 */
export function writeIndex(index: VectorIndex): Uint8Array {
  return encodeIndex(index.toData());
}
