/**
 * The same bytes in fewer chunks: what is smaller than a quarter of `size` is gathered, in blocks of up to `size` bytes;
 * what is larger passes through untouched. A block belongs to the taker.
 */
export function* coalesce(
  chunks: Iterable<Uint8Array>,
  size: number,
): Generator<Uint8Array, void, undefined> {
  let block = new Uint8Array(0);
  let used = 0;
  for (const chunk of chunks) {
    if (chunk.byteLength === 0) continue;
    if (used > 0 && used + chunk.byteLength > block.byteLength) {
      yield block.subarray(0, used);
      block = new Uint8Array(0);
      used = 0;
    }
    if (chunk.byteLength >= size / 4) {
      if (used > 0) {
        yield block.subarray(0, used);
        block = new Uint8Array(0);
        used = 0;
      }
      yield chunk;
      continue;
    }
    if (block.byteLength === 0) block = new Uint8Array(size);
    block.set(chunk, used);
    used += chunk.byteLength;
  }
  if (used > 0) yield block.subarray(0, used);
}
