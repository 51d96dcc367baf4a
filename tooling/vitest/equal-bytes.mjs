import { expect } from 'vitest';

/** Bytes of a typed array, without a copy. */
const bytesOf = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength);

// Two typed arrays of the same bytes are equal. vitest looks at each element by itself, several times: a second for a
// megabyte. Where bytes differ it still does: 0 and -0 may be equal to it, and it says where they differ.
expect.addEqualityTesters([
  (a, b) => {
    if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
    return a.byteLength === b.byteLength && bytesOf(a).equals(bytesOf(b)) ? true : undefined;
  },
]);
