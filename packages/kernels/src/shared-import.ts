/** Number of the import section, and of the memories among imports, in the binary format of WebAssembly. */
const IMPORT_SECTION = 2;
const MEMORY = 2;
/** Flags of a memory's limits: a maximum is given; the memory is shared. */
const HAS_MAXIMUM = 1;
const SHARED = 2;

/**
 * The same module with its first import, a memory, declared as shared: the one difference between a build over shared
 * memory and one over a memory of its own, so that one build serves both. Code that has no atomic instructions is the
 * same for either.
 * @param bytes - a module of ours: its only import is a memory with a maximum
 * @see WebAssembly core specification 3.0, §5.3 "Limits", §5.5.5 "Import section"
 */
export function withSharedMemory(bytes: Uint8Array): Uint8Array {
  const flags = memoryFlags(bytes);
  if (bytes[flags] !== HAS_MAXIMUM)
    throw new Error('kernels: the module does not import a memory with a maximum');
  const out = bytes.slice();
  out[flags] = HAS_MAXIMUM | SHARED;
  return out;
}

/** Where the flags of the first import are, or -1 if that is no memory. */
function memoryFlags(bytes: Uint8Array): number {
  const cursor = { at: 8 };
  while (cursor.at < bytes.length) {
    const section = bytes[cursor.at++]!;
    const size = readU32(bytes, cursor);
    if (section === IMPORT_SECTION) {
      readU32(bytes, cursor);
      for (let name = 0; name < 2; name++) {
        const length = readU32(bytes, cursor);
        cursor.at += length;
      }
      return bytes[cursor.at] === MEMORY ? cursor.at + 1 : -1;
    }
    cursor.at += size;
  }
  return -1;
}

/** An unsigned LEB128 number. */
function readU32(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[cursor.at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
}
