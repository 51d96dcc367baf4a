import { LutraError } from '@lutra/core';
import { inflateSync, zipSync } from 'fflate';
import { type BlobLike, type ByteSource, byteSource, readBytes } from './byte-source.js';
import { crc32 } from './crc32.js';
import { show } from './dtype.js';
import { allocate, argumentError, MEMORY, type Origin, unsupported, withinMemory } from './fault.js';
import type { ReadOptions } from './header.read.js';
import { decodeFrom, encodeNpy, type NpyArray, type NpyArrayInit } from './npy-array.js';
import { entryOffset, readZipDirectory, type ZipEntry, zipError } from './zip-directory.js';

const STORED = 0;
const DEFLATED = 8;
/** Deflate cannot do better: 258 bytes in 2 bits. */
const MOST_INFLATION = 1032;
/** What a zip file without 64-bit fields can say. */
const ZIP_LIMIT = 0xffffffff;
/** A zip name has a 16-bit length, and `.npy` belongs to it. */
const MOST_NAME_BYTES = 65531;

/**
 * The arrays of an `.npz` file by name (without `.npy`), in the file's order. Stored and deflated entries, 64-bit zip.
 * @throws LutraError `FORMAT` for what is no zip file, a wrong checksum, a bad entry; `UNSUPPORTED` for encryption,
 *   other compressions, and entries that are no `.npy` file
 */
export async function readNpz(
  source: Uint8Array | ArrayBuffer | BlobLike,
  options?: ReadOptions & { signal?: AbortSignal },
): Promise<Map<string, NpyArray>> {
  return readNpzFrom(byteSource(source, { name: 'npz' }), options);
}

export async function readNpzFrom(
  source: ByteSource,
  options?: ReadOptions & { signal?: AbortSignal },
): Promise<Map<string, NpyArray>> {
  const arrays = new Map<string, NpyArray>();
  for (const entry of await readZipDirectory(source)) {
    if (entry.name.endsWith('/')) continue;
    const name = entry.name.replace(/\.npy$/, '');
    if (arrays.has(name))
      throw zipError(source.origin, 'directory', entry.offset, `two entries ${entry.name}`);
    const origin = { name: `${source.origin.name}: ${entry.name}`, path: source.origin.path };
    if (!entry.name.endsWith('.npy')) {
      throw unsupported(origin, 'other files in .npz', 'an entry that is no .npy file is not read');
    }
    const bytes = await unpack(source, entry, origin, options?.signal);
    arrays.set(name, decodeFrom(bytes, origin, options));
  }
  return arrays;
}

async function unpack(
  source: ByteSource,
  entry: ZipEntry,
  origin: Origin,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { method, packedSize, size, offset } = entry;
  if (method !== STORED && method !== DEFLATED) {
    throw unsupported(origin, `zip method ${method}`, `zip method ${method} is not read (read are 0 and 8)`);
  }
  const most = method === STORED ? packedSize : packedSize * MOST_INFLATION;
  if (size > most || (method === STORED && size !== packedSize)) {
    throw zipError(origin, 'size', offset, `${packedSize} bytes cannot unpack to ${size}`);
  }
  const start = await entryOffset(source, entry);
  const packed = await readBytes(source, start, packedSize, signal);
  const bytes = method === STORED ? packed : inflate(packed, size, origin, offset);
  const crc = crc32(bytes);
  if (crc !== entry.crc) {
    const text = `checksum is ${hex(crc)}, directory says ${hex(entry.crc)}`;
    throw zipError(origin, 'crc-32', start, text);
  }
  return bytes;
}

function inflate(packed: Uint8Array, size: number, origin: Origin, offset: number): Uint8Array {
  // one byte more than promised shows a stream that goes on
  const out = allocate(size + 1, origin);
  let length: number;
  try {
    length = inflateSync(packed, { out }).length;
  } catch (cause) {
    const text = `deflated bytes at offset ${offset} do not unpack to ${size}: ${String(cause)}`;
    throw zipError(origin, 'data', offset, text);
  }
  if (length !== size) {
    throw zipError(
      origin,
      'size',
      offset,
      `unpacks to ${length > size ? 'more' : length} bytes, ${size} wanted`,
    );
  }
  return out.subarray(0, size);
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

function assertName(name: string): void {
  const bytes = new TextEncoder().encode(name).length;
  if (bytes > 0 && bytes <= MOST_NAME_BYTES && !name.endsWith('/')) return;
  const text = `has a name of ${bytes} bytes that starts with '${show(name)}', wanted are 1 to ${MOST_NAME_BYTES} without / at the end`;
  throw argumentError('arrays', text, name);
}

/**
 * The bytes of an `.npz` file that holds `arrays` under their names, stored, or deflated with `compress`.
 * The same arrays give the same bytes.
 * @throws LutraError `CAPACITY` beyond 4 GiB, and what {@link encodeNpy} throws
 */
export function encodeNpz(
  arrays: Readonly<Record<string, NpyArrayInit>> | ReadonlyMap<string, NpyArrayInit>,
  options?: { compress?: boolean },
): Uint8Array<ArrayBuffer> {
  if (typeof arrays !== 'object' || arrays === null)
    throw argumentError('arrays', 'wants arrays by name', arrays);
  const entries = arrays instanceof Map ? [...arrays] : Object.entries(arrays);
  const files: Record<string, Uint8Array> = {};
  let total = 0;
  for (const [name, array] of entries) {
    assertName(name);
    const bytes = encodeNpy(array);
    total += bytes.length + 6 * name.length + 1024;
    if (total > ZIP_LIMIT || entries.length > 0xffff) {
      const text = `npz: ${entries.length} arrays of more than ${total} bytes do not fit, the most are 65535 of 4 GiB`;
      throw new LutraError('CAPACITY', text, { wanted: total, limit: ZIP_LIMIT, what: 'zip file bytes' });
    }
    files[`${name}.npy`] = bytes;
  }
  const level = options?.compress ? 6 : 0;
  // NumPy dates its entries so too; a zip file has no earlier day
  const mtime = new Date(1980, 0, 1);
  return withinMemory(total, MEMORY, () => zipSync(files, { level, mtime }));
}
