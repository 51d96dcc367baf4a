import { LutraError, type TransformData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Reading } from '../bytes/reading.js';
import { describeFourcc, KNOWN_FOURCCS } from '../known-fourccs.js';
import { centeringRecord } from './centering.js';
import { hadamardRecord } from './hadamard.js';
import { itqRecord } from './itq.js';
import { itqMatrixRecord } from './itq-matrix.js';
import { linearRecord } from './linear.js';
import { normalizationRecord } from './normalization.js';
import { pcaRecord } from './pca.js';
import { remapRecord } from './remap.js';
import type { TransformRecord } from './transform-record.js';

const RECORDS: readonly TransformRecord[] = [
  linearRecord,
  pcaRecord,
  itqMatrixRecord,
  itqRecord,
  normalizationRecord,
  centeringRecord,
  remapRecord,
  hadamardRecord,
] as unknown as readonly TransformRecord[];

const BY_FOURCC = new Map(RECORDS.flatMap((record) => record.fourccs.map((f) => [f, record] as const)));
const BY_KIND = new Map(RECORDS.flatMap((record) => record.kinds.map((k) => [k, record] as const)));

/**
 * Reads a transform with its fourcc.
 * @param name - where it stands in its owner, for messages
 */
export function* readTransform(r: ByteReader, name: string): Reading<TransformData> {
  const at = r.offset;
  const fourcc = yield* r.fourcc(name);
  const record = BY_FOURCC.get(fourcc);
  if (record === undefined) {
    const known = KNOWN_FOURCCS.get(fourcc);
    if (known !== undefined && known.group !== 'transform') {
      r.fail(name, at, 'a vector transform', `${describeFourcc(fourcc)}`);
    }
    throw new LutraError(
      'UNSUPPORTED',
      `${r.source}: ${describeFourcc(fourcc)} at offset ${at}: not read by @lutra/faiss-format`,
      { feature: fourcc, by: '@lutra/faiss-format' },
    );
  }
  r.trail.enter(name, fourcc);
  const data = yield* record.read(r, fourcc);
  r.trail.leave();
  return data;
}

/** Writes a transform with its fourcc. */
export function writeTransform(data: TransformData, name: string, out: ByteSink): void {
  const record = BY_KIND.get(data.kind);
  if (record === undefined) {
    out.value(false, `${name}.kind`, 'a kind of transform', data.kind);
    return;
  }
  out.trail.enter(name, data.kind);
  out.fourcc(record.fourcc(data));
  record.write(data, out);
  out.trail.leave();
}

/** The fourcc of a transform. */
export function transformFourcc(data: TransformData): string {
  return BY_KIND.get(data.kind)?.fourcc(data) ?? '';
}

/** Every fourcc of a transform that is read. */
export const TRANSFORM_FOURCCS: readonly string[] = [...BY_FOURCC.keys()];
