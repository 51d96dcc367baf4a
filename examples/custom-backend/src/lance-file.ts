/** A Lance file ends with 40 bytes: offsets of its tables, their lengths, the version and these four letters. */
const FOOTER_BYTES = 40;
const MAGIC = 'LANC';

/**
 * The global buffers of a Lance file: whatever is not a column, such as the description of an index.
 * @see https://lance.org/format/file/ (format 2.0 and 2.1)
 */
export function globalBuffers(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const footer = file.length - FOOTER_BYTES;
  const magic = String.fromCharCode(...file.subarray(-MAGIC.length));
  if (footer < 0 || magic !== MAGIC) throw new Error(`no Lance file, it ends with ${JSON.stringify(magic)}`);
  const table = Number(view.getBigUint64(footer + 16, true));
  const count = view.getUint32(footer + 24, true);
  return Array.from({ length: count }, (_, i) => {
    const offset = Number(view.getBigUint64(table + 16 * i, true));
    const size = Number(view.getBigUint64(table + 16 * i + 8, true));
    if (offset + size > file.length)
      throw new Error(`a buffer ends at ${offset + size} of ${file.length} bytes`);
    return file.subarray(offset, offset + size);
  });
}

/** The bytes of field `wanted` of a protobuf message. */
export function bytesField(message: Uint8Array | undefined, wanted: number): Uint8Array {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message![at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (message !== undefined && at < message.length) {
    const tag = varint();
    const wire = tag & 7;
    if (wire === 0) varint();
    else {
      const size = wire === 1 ? 8 : wire === 5 ? 4 : varint();
      if (wire === 2 && tag >> 3 === wanted) return message.subarray(at, at + size);
      at += size;
    }
  }
  throw new Error(`no field ${wanted} in a message of ${message?.length ?? 0} bytes`);
}

/** `count` little-endian float32 numbers, copied. */
export function floatsOf(bytes: Uint8Array, count: number): Float32Array {
  if (bytes.length !== count * 4) throw new Error(`${bytes.length} bytes, wanted ${count} float32 numbers`);
  return new Float32Array(new Uint8Array(bytes).buffer);
}
