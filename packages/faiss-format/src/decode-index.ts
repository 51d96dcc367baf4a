import { type IndexData, LutraError } from '@lutra/core';
import type { Allocate, Pieces } from './bytes/allocate.js';
import { ByteReader } from './bytes/byte-reader.js';
import { type ByteSource, type Reading, runReading } from './bytes/reading.js';
import { describeFourcc, KNOWN_FOURCCS } from './known-fourccs.js';
import { MAX_NESTING, RECORD_BY_FOURCC } from './records/index-records.js';
import type { IndexGroup } from './records/record.js';

/** What every way of reading an index has in common. */
export interface ReadOptions {
  /** The file's name, for messages. */
  readonly path?: string;
  /** Accept bytes after the index, as faiss does. Default: they are an error. */
  readonly allowTrailing?: boolean;
  /** Gives the memory that vectors, codes, ids and centroids are read into; default: the reader's own. */
  readonly allocate?: Allocate | undefined;
  /** How to divide the vectors of a `Flat`; default: not at all. */
  readonly pieces?: Pieces | undefined;
}

/** How {@link decodeIndex} reads. */
export interface DecodeOptions extends ReadOptions {
  /**
   * Take `bytes` over: unaligned arrays are moved inside it instead of copied, which changes it and saves up to its
   * size in memory. Whatever comes of the call, `bytes` is not the file any more. Without meaning beside `allocate`.
   */
  readonly inPlace?: boolean;
}

/**
 * The index in the bytes of a faiss index file (`write_index`, or `serialize_index`).
 *
 * Without `allocate`, arrays of the result are views of `bytes` where they are aligned, and codes always are: keep
 * `bytes` unchanged as long as the result is used. Ids are copies.
 * @throws LutraError `FORMAT` if the bytes are damaged or inconsistent, or go on after the index; `UNSUPPORTED` for a
 *   class of faiss that is not read here; `CAPACITY` for an id or size beyond 2^53, or memory that cannot be had;
 *   `ARGUMENT` if `bytes` are no bytes, or `allocate` gave memory that does not fit
 * @see faiss/impl/index_read.cpp, checked against faiss 1.15.1
 */
export function decodeIndex(bytes: Uint8Array | ArrayBuffer, options: DecodeOptions = {}): IndexData {
  const r = new ByteReader(asBytes(bytes), options);
  return runReading(readWhole(r, options), () => {
    throw new Error('bytes in memory are not fetched');
  });
}

/**
 * The index in a source that is read at once, piece by piece: what is not an array passes through a window of 256 KiB, a
 * large array goes straight into its memory.
 * @throws LutraError as {@link decodeIndex} does, and whatever `source.read` throws
 */
export function decodeIndexFrom(source: ByteSource, options: ReadOptions = {}): IndexData {
  const r = new ByteReader(source.size, options);
  return runReading(readWhole(r, options), (target, offset) => source.read(target, offset));
}

/** Reads one index that is all that the input has. */
export function* readWhole(r: ByteReader, options: ReadOptions): Reading<IndexData> {
  const data = yield* readIndex(r, '', 0);
  if (r.left > 0 && options.allowTrailing !== true) {
    r.fail('index', r.offset, 'the end of the file', `${r.left} more bytes`);
  }
  return data;
}

function asBytes(bytes: Uint8Array | ArrayBuffer): Uint8Array {
  const type = Object.prototype.toString.call(bytes).slice(8, -1);
  if (type === 'Uint8Array') return bytes as Uint8Array;
  if (type === 'ArrayBuffer' || type === 'SharedArrayBuffer') return new Uint8Array(bytes as ArrayBuffer);
  throw new LutraError('ARGUMENT', `bytes: wanted a Uint8Array or ArrayBuffer, found ${type}`, {
    argument: 'bytes',
    expected: 'Uint8Array or ArrayBuffer',
  });
}

/**
 * Reads one index with its fourcc; `depth` indexes are around it. Exported for tests of the reader's memory.
 * @param group - what it has to be, either at the root
 */
export function* readIndex(
  r: ByteReader,
  role: string,
  depth: number,
  group?: IndexGroup,
): Reading<IndexData> {
  const at = r.offset;
  const data = yield* readIndexOrNull(r, role, depth, group);
  return data ?? r.fail(role || 'fourcc', at, 'an index', '"null", none');
}

function* readIndexOrNull(
  r: ByteReader,
  role: string,
  depth: number,
  group?: IndexGroup,
): Reading<IndexData | null> {
  const at = r.offset;
  if (depth >= MAX_NESTING) r.fail(role, at, `at most ${MAX_NESTING} nested indexes`, 'one more');
  const fourcc = yield* readFourcc(r, role, group);
  if (fourcc === 'null') return null;
  const record = RECORD_BY_FOURCC.get(fourcc);
  if (record === undefined) {
    throw new LutraError(
      'UNSUPPORTED',
      `${r.source}: ${describeFourcc(fourcc)} at offset ${at}: not read by @lutra/faiss-format`,
      { feature: fourcc, by: '@lutra/faiss-format' },
    );
  }
  r.trail.enter(role, fourcc);
  const nested = (inner: string, wanted: IndexGroup = 'index'): Reading<IndexData> =>
    readIndex(r, inner, depth + 1, wanted);
  const orNull = (inner: string, wanted: IndexGroup = 'index'): Reading<IndexData | null> =>
    readIndexOrNull(r, inner, depth + 1, wanted);
  const data = yield* record.read(r, fourcc, Object.assign(nested, { orNull }));
  r.trail.leave();
  return data;
}

function* readFourcc(r: ByteReader, role: string, group: IndexGroup | undefined): Reading<string> {
  const at = r.offset;
  if (r.left < 4) r.fail(role || 'fourcc', at, 'the four characters of an index', `${r.left} bytes left`);
  const fourcc = yield* r.fourcc(role || 'fourcc');
  if (fourcc.length !== 4) {
    throw new LutraError(
      'FORMAT',
      at === 0
        ? `${r.source}: not a faiss index file: wanted the four characters of an index, found "${fourcc}"`
        : `${r.source}: ${r.trail.path(role)} at offset ${at}: wanted the four characters of an index, found "${fourcc}"`,
      { format: 'faiss', field: r.trail.path(role || 'fourcc'), offset: at },
    );
  }
  const found = KNOWN_FOURCCS.get(fourcc)?.group;
  const other = group === 'binary' ? 'index' : 'binary';
  if (found === 'lists' || found === 'transform' || (group !== undefined && found === other)) {
    const wanted = group === 'binary' ? 'a binary index' : 'an index';
    r.fail(role || 'fourcc', at, wanted, describeFourcc(fourcc));
  }
  return fourcc;
}
