import type { PreTransformData, TransformData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readTransform, writeTransform } from '../transforms/transform.js';
import { readHeader, writeHeader } from './header.js';
import type { IndexRecord, ReadNested, WriteNested } from './record.js';

/** The fewest bytes that a transform takes. */
const SMALLEST_TRANSFORM = 17;

/** `IxPT` (IndexPreTransform): header, the number of transforms, each of them, the index behind them. */
export const preTransformRecord: IndexRecord<PreTransformData> = {
  kinds: ['PreTransform'],
  fourccs: ['IxPT'],

  fourcc(): string {
    return 'IxPT';
  },

  *read(r: ByteReader, _fourcc: string, nested: ReadNested): Reading<PreTransformData> {
    const header = yield* readHeader(r);
    const n = yield* r.i32('transforms');
    const most = Math.floor(r.left / SMALLEST_TRANSFORM);
    r.value(n >= 0 && n <= most, 'transforms', `0 to ${most} transforms in the bytes left`, n);
    const transforms: TransformData[] = [];
    for (let i = 0; i < n; i++) {
      const start = r.offset;
      transforms.push(yield* readTransform(r, `transforms[${i}]`));
      r.trail.note(`transforms[${i}]`, start);
    }
    const at = r.offset;
    const base = yield* nested('base');
    r.trail.note('base', at);
    const data: PreTransformData = { kind: 'PreTransform', ...header, transforms, base };
    check(data, r);
    return data;
  },

  write(data: PreTransformData, out: ByteSink, nested: WriteNested): void {
    writeHeader(data, out);
    check(data, out);
    out.i32('transforms', data.transforms.length);
    data.transforms.forEach((transform, i) => {
      writeTransform(transform, `transforms[${i}]`, out);
    });
    nested('base', data.base);
  },
};

function check(data: PreTransformData, judge: Judge): void {
  let d = data.d;
  data.transforms.forEach((transform, i) => {
    judge.value(transform.dIn === d, `transforms[${i}]`, `input dimension ${d}`, transform.dIn);
    d = transform.dOut;
  });
  judge.value(data.base.d === d, 'base', `vectors of dimension ${d}`, data.base.d);
}
