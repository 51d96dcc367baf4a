import type { MultiIndexQuantizerData, ResidualCoarseQuantizerData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';
import { readResidualQuantizer, writeAdditiveQuantizer } from '../quantizers/additive-quantizer.js';
import { readHeader, writeHeader } from './header.js';
import { readProductQuantizer, writeProductQuantizer } from './product-quantizer.js';
import type { IndexRecord } from './record.js';

/** `Imiq` (MultiIndexQuantizer): header and product quantizer. */
export const multiIndexQuantizerRecord: IndexRecord<MultiIndexQuantizerData> = {
  kinds: ['MultiIndexQuantizer'],
  fourccs: ['Imiq'],

  fourcc(): string {
    return 'Imiq';
  },

  *read(r: ByteReader): Reading<MultiIndexQuantizerData> {
    const header = yield* readHeader(r);
    const pq = yield* readProductQuantizer(r, header.d);
    return { kind: 'MultiIndexQuantizer', ...header, pq };
  },

  write(data: MultiIndexQuantizerData, out: ByteSink): void {
    writeHeader(data, out);
    writeProductQuantizer(data.pq, data.d, out);
  },
};

/** The largest beam_factor that faiss reads; negative ones mean exact search. */
const MAX_BEAM_FACTOR = 1000;

/** `ImRQ` (ResidualCoarseQuantizer): header, residual quantizer, beam_factor. */
export const residualCoarseQuantizerRecord: IndexRecord<ResidualCoarseQuantizerData> = {
  kinds: ['ResidualCoarseQuantizer'],
  fourccs: ['ImRQ'],

  fourcc(): string {
    return 'ImRQ';
  },

  *read(r: ByteReader): Reading<ResidualCoarseQuantizerData> {
    const header = yield* readHeader(r);
    const rq = yield* readResidualQuantizer(r, header.d, 'rq');
    const beamFactor = yield* r.f32('beamFactor');
    const data: ResidualCoarseQuantizerData = { kind: 'ResidualCoarseQuantizer', ...header, rq, beamFactor };
    check(data, r);
    return data;
  },

  write(data: ResidualCoarseQuantizerData, out: ByteSink): void {
    writeHeader(data, out);
    check(data, out);
    writeAdditiveQuantizer(data.rq, { d: data.d, name: 'rq' }, out);
    out.f32('beamFactor', data.beamFactor);
  },
};

function check(data: ResidualCoarseQuantizerData, judge: Judge): void {
  const ok = data.beamFactor <= MAX_BEAM_FACTOR;
  judge.value(ok, 'beamFactor', `at most ${MAX_BEAM_FACTOR}`, data.beamFactor);
  const bits = data.rq.nbits.reduce((a, b) => a + b, 0);
  const fits = data.ntotal === 2 ** bits || (data.ntotal === 0 && !data.isTrained);
  judge.value(fits, 'ntotal', `2^${bits}, the sums of codebook rows`, data.ntotal);
}
