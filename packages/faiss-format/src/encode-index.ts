import { assertNotAborted, type IndexData, LutraError } from '@lutra/core';
import { ByteSink, type ReadRows } from './bytes/byte-sink.js';
import { coalesce } from './bytes/coalesce.js';
import type { Part } from './bytes/parts.js';
import { KNOWN_FOURCCS } from './known-fourccs.js';
import { MAX_NESTING, RECORD_BY_KIND } from './records/index-records.js';
import type { IndexGroup } from './records/record.js';

/** Small pieces of a file are gathered into chunks of this many bytes. */
const CHUNK = 1 << 20;

/**
 * The bytes of a faiss index file: what faiss 1.15.1 would write.
 * @throws LutraError `SHAPE` for an array that does not fit the sizes beside it, `ARGUMENT` for a value that the format
 *   or the class cannot have, `UNSUPPORTED` for a kind of index that is not written here, `CAPACITY` if the memory for
 *   the file cannot be had
 */
export function encodeIndex(data: IndexData): Uint8Array {
  const parts = partsOf(data);
  const bytes = allocate(sizeOf(parts));
  let at = 0;
  for (const part of parts) {
    for (const chunk of part.chunks()) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
  }
  return bytes;
}

/**
 * The same bytes as {@link encodeIndex} in pieces, without ever holding the file: large arrays come as views of the
 * caller's memory, the rest in blocks of up to 1 MiB. `data` is checked whole before the first chunk.
 */
export function encodeChunks(data: IndexData): Iterable<Uint8Array> {
  const parts = partsOf(data);
  return { [Symbol.iterator]: () => coalesce(allChunks(parts), CHUNK) };
}

/** As {@link encodeChunks}, in pieces that hold until the next is asked for: nothing is left for the garbage collector. */
export function encodePassingChunks(data: IndexData, readRows?: ReadRows): Iterable<Uint8Array> {
  const parts = partsOf(data, readRows);
  return { [Symbol.iterator]: () => coalesce(allChunks(parts), CHUNK, { reuse: true }) };
}

/**
 * Hands the bytes of {@link encodeIndex} to `write`, piece by piece and one at a time: a file, a socket, a stream of the
 * browser. A piece holds until `write` has settled. `data` is checked whole before the first piece.
 * @returns the bytes written
 * @throws LutraError as {@link encodeIndex} does; `ABORTED`; and whatever `write` throws
 */
export async function encodeIndexTo(
  data: IndexData,
  write: (chunk: Uint8Array) => void | Promise<void>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<number> {
  let size = 0;
  for (const chunk of encodePassingChunks(data)) {
    assertNotAborted(options.signal);
    await write(chunk);
    size += chunk.byteLength;
  }
  return size;
}

/** The exact length in bytes of {@link encodeIndex}'s result, without encoding. Throws as that does. */
export function encodedSize(data: IndexData): number {
  return sizeOf(partsOf(data));
}

function* allChunks(parts: readonly Part[]): Generator<Uint8Array, void, undefined> {
  for (const part of parts) yield* part.chunks();
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.byteLength, 0);
}

function allocate(size: number): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new LutraError(
      'CAPACITY',
      `faiss index: no memory for a file of ${size} bytes`,
      { what: 'file', wanted: size },
      { cause },
    );
  }
}

function partsOf(data: IndexData, readRows?: ReadRows): readonly Part[] {
  const out = new ByteSink(readRows);
  writeIndex(data, out, '', 0);
  return out.parts();
}

function writeIndex(data: IndexData, out: ByteSink, role: string, depth: number): void {
  if (typeof data !== 'object' || data === null) out.value(false, role || 'data', 'an index', data);
  const record = RECORD_BY_KIND.get(data.kind);
  if (record === undefined) {
    throw new LutraError(
      'UNSUPPORTED',
      `${out.trail.path(role) || 'data'}: index of kind ${String(data.kind)}: not written by @lutra/faiss-format`,
      { feature: String(data.kind), by: '@lutra/faiss-format' },
    );
  }
  out.value(depth < MAX_NESTING, role, `at most ${MAX_NESTING} nested indexes`, 'one more');
  out.fourcc(record.fourcc(data));
  out.trail.enter(role, data.kind);
  record.write(data, out, (inner, child, group = 'index') => {
    if (child === null) {
      out.fourcc('null');
      return;
    }
    checkGroup(child, inner, group, out);
    writeIndex(child, out, inner, depth + 1);
  });
  out.trail.leave();
}

function checkGroup(data: IndexData, role: string, group: IndexGroup, out: ByteSink): void {
  const isBinary = KNOWN_FOURCCS.get(RECORD_BY_KIND.get(data.kind)?.fourcc(data) ?? '')?.group === 'binary';
  if (isBinary === (group === 'binary')) return;
  out.value(false, role, group === 'binary' ? 'a binary index' : 'an index of floats', data.kind);
}
