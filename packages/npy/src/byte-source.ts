import { assertNotAborted, LutraError } from '@lutra/core';
import { allocate, argumentError, formatError, type Origin } from './fault.js';
import { headerEnd, type ParsedHeader, readHeader } from './header.read.js';

/** The part of the web's `Blob` (and `File`) that is used. */
export interface BlobLike {
  /** In bytes. */
  readonly size: number;
  slice(start?: number, end?: number): BlobLike;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Bytes that can be read in ranges. */
export interface ByteSource {
  readonly origin: Origin;
  /** In bytes. */
  readonly size: number;
  /** Fills `into` with the bytes from `offset` on. */
  read(offset: number, into: Uint8Array): Promise<void>;
}

/** Bytes in memory, or a blob. */
export type NpyInput = Uint8Array | ArrayBuffer | BlobLike;

/** Whether `x` is a `Blob`, a `File`, or does what they do. */
export function isBlobLike(x: unknown): x is BlobLike {
  if (typeof x !== 'object' || x === null) return false;
  const b = x as Partial<BlobLike>;
  return typeof b.size === 'number' && typeof b.slice === 'function' && typeof b.arrayBuffer === 'function';
}

/** @throws LutraError `ARGUMENT` for what is neither bytes nor a blob */
export function byteSource(input: NpyInput, origin: Origin): ByteSource {
  if (isBlobLike(input)) return blobSource(input, origin);
  const bytes = toBytes(input);
  return {
    origin,
    size: bytes.length,
    read: async (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
  };
}

/** A plain view of the bytes of `input`: the `slice` of a Node Buffer would not copy. */
export function toBytes(input: Uint8Array | ArrayBuffer): Uint8Array {
  if (input instanceof Uint8Array) return new Uint8Array(input.buffer, input.byteOffset, input.length);
  if (Object.prototype.toString.call(input) === '[object ArrayBuffer]') return new Uint8Array(input);
  throw argumentError('source', 'wants a Uint8Array, an ArrayBuffer or a Blob');
}

export function blobSource(blob: BlobLike, origin: Origin): ByteSource {
  if (!isBlobLike(blob)) throw argumentError('blob', 'wants a Blob or a File');
  return {
    origin,
    size: blob.size,
    async read(offset, into) {
      const found = new Uint8Array(await readSlice(blob, offset, into.length, origin));
      if (found.length !== into.length) {
        const text = `${into.length} bytes wanted at offset ${offset}, found ${found.length}`;
        throw formatError(origin, { field: 'data', offset }, text);
      }
      into.set(found);
    },
  };
}

async function readSlice(
  blob: BlobLike,
  offset: number,
  length: number,
  origin: Origin,
): Promise<ArrayBuffer> {
  try {
    return await blob.slice(offset, offset + length).arrayBuffer();
  } catch (cause) {
    const text = `${origin.name}: the blob cannot be read at offset ${offset}: ${String(cause)}`;
    throw new LutraError('BACKEND', text, { backend: 'Blob', path: origin.path }, { cause });
  }
}

/** Enough for every header of a numeric array of a few dimensions. */
const FIRST_READ = 1024;

/** The header of `source`, without its elements. */
export async function sourceHeader(source: ByteSource): Promise<ParsedHeader> {
  let bytes = await readBytes(source, 0, Math.min(source.size, FIRST_READ));
  const end = headerEnd(bytes, source.size, source.origin);
  if (end > bytes.length) bytes = await readBytes(source, 0, end);
  return readHeader(bytes.subarray(0, end), source.origin);
}

/** Fresh memory with `length` bytes of `source`. */
export async function readBytes(
  source: ByteSource,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  assertNotAborted(signal);
  const bytes = allocate(length, source.origin);
  await source.read(offset, bytes);
  return bytes;
}
