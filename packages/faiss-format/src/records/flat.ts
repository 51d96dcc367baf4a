import type { FlatData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readHeader, writeHeader } from './header.js';
import type { IndexRecord } from './record.js';

/** `IxF2`, `IxFI`, `IxFl` (IndexFlatL2, IndexFlatIP, IndexFlat): the header and `ntotal · d` floats. */
export const flatRecord: IndexRecord<FlatData> = {
  kinds: ['Flat'],
  fourccs: ['IxF2', 'IxFI', 'IxFl'],

  fourcc(data: FlatData): string {
    return data.metric === 'l2' ? 'IxF2' : data.metric === 'ip' ? 'IxFI' : 'IxFl';
  },

  *read(r: ByteReader): Reading<FlatData> {
    const header = yield* readHeader(r);
    const data: FlatData = { kind: 'Flat', ...header, ...(yield* readRows(r, header.d)) };
    check(data, r);
    return data;
  },

  write(data: FlatData, out: ByteSink): void {
    writeHeader(data, out);
    check(data, out);
    out.rows(data);
  },
};

/** A counted array of floats, rows of `d`: in one piece, or divided, or left where it is, as the reader was told. */
function* readRows(r: ByteReader, d: number): Reading<Pick<FlatData, 'vectors' | 'more'>> {
  const at = r.offset;
  const n = yield* r.count('vectors', 4);
  const path = r.trail.path('vectors');
  const left = n > 0 && n % d === 0 ? r.leave?.(path, r.offset, n / d) : undefined;
  if (left) {
    r.skip('vectors', 4 * n);
    r.trail.note('vectors', at);
    return { vectors: new Float32Array(0), more: [left] };
  }
  const sizes = r.pieces?.(4 * n, { rowBytes: 4 * d, path }) ?? [4 * n];
  const vectors = yield* r.f32s('vectors', sizes[0]! / 4);
  const more: Float32Array[] = [];
  for (const [i, bytes] of sizes.slice(1).entries()) more.push(yield* r.f32s('more', bytes / 4, i));
  r.trail.note('vectors', at);
  return { vectors, ...(more.length > 0 && { more }) };
}

function check(data: FlatData, judge: Judge): void {
  const more = (data.more ?? []).map((piece) => ('rows' in piece ? piece.rows * data.d : piece.length));
  const floats = more.reduce((sum, n) => sum + n, data.vectors.length);
  judge.length('vectors', floats, data.ntotal * data.d);
}
