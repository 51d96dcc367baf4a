import { type ByteSource, readBytes } from './byte-source.js';
import { formatError, type Origin, unsupported } from './fault.js';

/**
 * The directory at the end of a zip file, with its 64-bit form. fflate finds and inflates entries too, but it neither
 * checks the checksum nor keeps an entry's claimed size within bounds, and it wants the whole file in memory.
 * Format: PKWARE APPNOTE 6.3.10.
 */

/** One entry of a zip file. */
export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc: number;
  /** Bytes in the file. */
  readonly packedSize: number;
  /** Bytes unpacked. */
  readonly size: number;
  /** Byte of the local header. */
  readonly offset: number;
}

/** `PK\5\6`: end of the directory. */
const END = 0x06054b50;
const END_BYTES = 22;
/** `PK\6\7`: where the 64-bit end of the directory is. */
const LOCATOR_64 = 0x07064b50;
const LOCATOR_64_BYTES = 20;
/** `PK\6\6`: 64-bit end of the directory. */
const END_64 = 0x06064b50;
const END_64_BYTES = 56;
/** `PK\1\2`: an entry of the directory. */
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
/** `PK\3\4`: what stands before an entry's bytes. */
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
/** A 32-bit field that says: look in the 64-bit extra field. */
const LARGE = 0xffffffff;
/** Id of the extra field with 64-bit sizes and offset. */
const EXTRA_64 = 0x0001;
const ENCRYPTED = 1;

export function zipError(origin: Origin, field: string, offset: number, text: string): Error {
  return formatError(origin, { format: 'npz', field, offset }, text);
}

/** The entries of the zip file `source`, in the directory's order. */
export async function readZipDirectory(source: ByteSource): Promise<ZipEntry[]> {
  const { offset, size, count } = await findDirectory(source);
  if (offset + size > source.size) {
    const text = `directory wants ${size} bytes at offset ${offset}, file has ${source.size}`;
    throw zipError(source.origin, 'directory', offset, text);
  }
  const bytes = await readBytes(source, offset, size);
  const entries: ZipEntry[] = [];
  let at = 0;
  while (entries.length < count) {
    const { entry, length } = readEntry(bytes, at, offset, source.origin);
    entries.push(entry);
    at += length;
  }
  // entries that share their bytes could unpack to any size
  const packed = entries.reduce((sum, entry) => sum + entry.packedSize, 0);
  if (packed > source.size) {
    const text = `entries of ${packed} bytes in all, file has ${source.size}`;
    throw zipError(source.origin, 'directory', offset, text);
  }
  return entries;
}

async function findDirectory(source: ByteSource): Promise<{ offset: number; size: number; count: number }> {
  const tailBytes = Math.min(source.size, END_BYTES + 0xffff + LOCATOR_64_BYTES);
  const tailOffset = source.size - tailBytes;
  const tail = await readBytes(source, tailOffset, tailBytes);
  const view = new DataView(tail.buffer);
  let at = tailBytes - END_BYTES;
  while (
    at >= 0 &&
    !(view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) <= tailBytes)
  )
    at--;
  if (at < 0)
    throw zipError(source.origin, 'end of directory', source.size, 'not a zip file: it has no directory');
  if (view.getUint16(at + 4, true) !== 0 && view.getUint16(at + 4, true) !== 0xffff) {
    throw unsupported(source.origin, 'zip in several parts', 'a zip file in several parts is not read');
  }
  const locator = at - LOCATOR_64_BYTES;
  if (locator >= 0 && view.getUint32(locator, true) === LOCATOR_64) {
    return readEnd64(source, safe64(view, locator + 8));
  }
  return {
    count: view.getUint16(at + 10, true),
    size: view.getUint32(at + 12, true),
    offset: view.getUint32(at + 16, true),
  };
}

async function readEnd64(
  source: ByteSource,
  offset: number,
): Promise<{ offset: number; size: number; count: number }> {
  if (offset + END_64_BYTES > source.size) {
    const text = `64-bit end of directory wants ${END_64_BYTES} bytes at offset ${offset}, file has ${source.size}`;
    throw zipError(source.origin, 'end of directory', offset, text);
  }
  const view = new DataView((await readBytes(source, offset, END_64_BYTES)).buffer);
  if (view.getUint32(0, true) !== END_64) {
    throw zipError(
      source.origin,
      'end of directory',
      offset,
      `no 64-bit end of directory at offset ${offset}`,
    );
  }
  return { count: safe64(view, 32), size: safe64(view, 40), offset: safe64(view, 48) };
}

/** A 64-bit number; infinite beyond 2^53, which no size check passes. */
function safe64(view: DataView, at: number): number {
  const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 4294967296;
  return value <= Number.MAX_SAFE_INTEGER ? value : Number.POSITIVE_INFINITY;
}

function readEntry(
  bytes: Uint8Array,
  at: number,
  directory: number,
  origin: Origin,
): { entry: ZipEntry; length: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + CENTRAL_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL) {
    throw zipError(origin, 'directory', directory + at, `no directory entry at offset ${directory + at}`);
  }
  const nameEnd = at + CENTRAL_BYTES + view.getUint16(at + 28, true);
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  const end = extraEnd + view.getUint16(at + 32, true);
  if (end > bytes.length) {
    const text = `directory entry wants ${end - at} bytes, ${bytes.length - at} left at offset ${directory + at}`;
    throw zipError(origin, 'directory', directory + at, text);
  }
  // names without the UTF-8 flag are mostly UTF-8 or ASCII all the same
  const name = new TextDecoder().decode(bytes.subarray(at + CENTRAL_BYTES, nameEnd));
  if (view.getUint16(at + 8, true) & ENCRYPTED) {
    throw unsupported(origin, 'encrypted zip', `entry ${name} is encrypted, which is not read`);
  }
  const sizes = largeSizes(new DataView(bytes.buffer, bytes.byteOffset + nameEnd, extraEnd - nameEnd), [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ]);
  const [size, packedSize, offset] = sizes as [number, number, number];
  const method = view.getUint16(at + 10, true);
  return {
    entry: { name, method, crc: view.getUint32(at + 16, true), size, packedSize, offset },
    length: end - at,
  };
}

/** Replaces those of `sizes` that are {@link LARGE} by what the 64-bit extra field says, in its order. */
function largeSizes(extra: DataView, sizes: readonly number[]): number[] {
  if (!sizes.includes(LARGE)) return [...sizes];
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== EXTRA_64) continue;
    const end = Math.min(extra.byteLength, at + 4 + extra.getUint16(at + 2, true));
    let field = at + 4;
    return sizes.map((size) => {
      if (size !== LARGE || field + 8 > end) return size;
      field += 8;
      return safe64(extra, field - 8);
    });
  }
  return [...sizes];
}

/** Byte at which the packed bytes of `entry` start; they are known to lie within the file. */
export async function entryOffset(source: ByteSource, entry: ZipEntry): Promise<number> {
  const { origin, size } = source;
  if (entry.offset + LOCAL_BYTES > size) {
    const text = `entry ${entry.name} starts at offset ${entry.offset}, file has ${size} bytes`;
    throw zipError(origin, 'entry', entry.offset, text);
  }
  const view = new DataView((await readBytes(source, entry.offset, LOCAL_BYTES)).buffer);
  if (view.getUint32(0, true) !== LOCAL) {
    throw zipError(
      origin,
      'entry',
      entry.offset,
      `entry ${entry.name} has no header at offset ${entry.offset}`,
    );
  }
  const start = entry.offset + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + entry.packedSize > size) {
    const text = `entry ${entry.name} wants ${entry.packedSize} bytes at offset ${start}, file has ${size}`;
    throw zipError(origin, 'entry', start, text);
  }
  return start;
}
