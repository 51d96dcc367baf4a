import type { IndexData, IvfIndependentQuantizerData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readTransform, writeTransform } from '../transforms/transform.js';
import { readHeader, writeHeader } from './header.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/**
 * `IwIQ` (IndexIVFIndependentQuantizer): header, quantizer, whether there is a transform and it, the IVF, and for an IVFPQ
 * whether it uses precomputed tables.
 */
export const ivfIndependentQuantizerRecord: IndexRecord<IvfIndependentQuantizerData> = {
  kinds: ['IvfIndependentQuantizer'],
  fourccs: ['IwIQ'],

  fourcc(): string {
    return 'IwIQ';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<IvfIndependentQuantizerData> {
    const header = yield* readHeader(r);
    const quantizer = yield* nested('quantizer');
    const transform = (yield* r.bool('transform')) ? yield* readTransform(r, 'transform') : null;
    const at = r.offset;
    const base = yield* nested('base');
    r.trail.note('base', at);
    const data: IvfIndependentQuantizerData = {
      kind: 'IvfIndependentQuantizer',
      ...header,
      quantizer,
      transform,
      base,
      usePrecomputedTable: hasTable(base) ? yield* r.i32('usePrecomputedTable') : 0,
    };
    check(data, r);
    return data;
  },

  write(data: IvfIndependentQuantizerData, out: ByteSink, nested: WriteNested): void {
    writeHeader(data, out);
    check(data, out);
    nested('quantizer', data.quantizer);
    out.bool('transform', data.transform !== null);
    if (data.transform !== null) writeTransform(data.transform, 'transform', out);
    nested('base', data.base);
    if (hasTable(data.base)) out.i32('usePrecomputedTable', data.usePrecomputedTable);
  },
};

function hasTable(base: IndexData): boolean {
  return base.kind === 'IvfPq' || base.kind === 'IvfPqr';
}

function check(data: IvfIndependentQuantizerData, judge: Judge): void {
  const { transform, base, quantizer } = data;
  judge.value('nprobe' in base, 'base', 'an IVF', base.kind);
  judge.value(quantizer.d === data.d, 'quantizer', `vectors of dimension ${data.d}`, quantizer.d);
  if (transform !== null) {
    judge.value(transform.dIn === data.d, 'transform', `input dimension ${data.d}`, transform.dIn);
  }
  const d = transform?.dOut ?? data.d;
  judge.value(base.d === d, 'base', `vectors of dimension ${d}`, base.d);
}
