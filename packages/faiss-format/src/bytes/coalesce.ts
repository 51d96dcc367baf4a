/**
 * The same bytes in fewer chunks: what is smaller than a quarter of `size` is gathered, in blocks of up to `size` bytes;
 * what is larger passes through untouched. A block belongs to the taker, or, with `reuse`, holds until the next.
 */
export function* coalesce(
  chunks: Iterable<Uint8Array>,
  size: number,
  { reuse = false }: { reuse?: boolean } = {},
): Generator<Uint8Array, void, undefined> {
  let block = new Uint8Array(0);
  let used = 0;
  for (const chunk of chunks) {
    if (chunk.byteLength === 0) continue;
    const large = chunk.byteLength >= size / 4;
    if (used > 0 && (large || used + chunk.byteLength > block.byteLength)) {
      yield block.subarray(0, used);
      if (!reuse) block = new Uint8Array(0);
      used = 0;
    }
    if (large) {
      yield chunk;
      continue;
    }
    if (block.byteLength === 0) block = new Uint8Array(size);
    block.set(chunk, used);
    used += chunk.byteLength;
  }
  if (used > 0) yield block.subarray(0, used);
}
