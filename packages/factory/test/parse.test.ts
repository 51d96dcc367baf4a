import { describe, expect, it } from 'vitest';
import { parseFactory } from '../src/index.js';

const flat = { kind: 'Flat' } as const;
const pq = (M: number, nbits = 8) => ({ kind: 'Pq', M, nbits, polysemous: true }) as const;
const ivf = (codec: object, nlist = 16) => ({ kind: 'Ivf', nlist, coarse: flat, codec });
const pca8 = { kind: 'Pca', dOut: 8, whiten: false, rotate: false };

describe('parseFactory, single tokens', () => {
  it.each([
    ['Flat', flat],
    ['FlatL2Panorama4_64', { kind: 'FlatPanorama', metric: 'l2', levels: 4, batch: 64 }],
    ['FlatIPPanorama8', { kind: 'FlatPanorama', metric: 'ip', levels: 8 }],
    ['LSH', { kind: 'Lsh', rotate: false, trainThresholds: false }],
    ['LSH24rt', { kind: 'Lsh', nbits: 24, rotate: true, trainThresholds: true }],
    ['ZnLattice2x10_4', { kind: 'Lattice', nsq: 2, r2: 10, scaleNbits: 4 }],
    ['SQ8', { kind: 'ScalarQuantizer', qtype: '8' }],
    ['SQ8_direct', { kind: 'ScalarQuantizer', qtype: '8_direct' }],
    ['SQ8_direct_signed', { kind: 'ScalarQuantizer', qtype: '8_direct_signed' }],
    ['SQtqmse8', { kind: 'ScalarQuantizer', qtype: 'tqmse8' }],
    ['PQ16', pq(16)],
    ['PQ016x010', pq(16, 10)],
    ['PQ16x4np', { kind: 'Pq', M: 16, nbits: 4, polysemous: false }],
    ['PQ16x4fs', { kind: 'PqFastScan', M: 16, bbs: 32 }],
    ['PQ16x4fs_64', { kind: 'PqFastScan', M: 16, bbs: 64 }],
    ['RaBitQ', { kind: 'RaBitQ', nbits: 1 }],
    ['RaBitQfs4_64', { kind: 'RaBitQFastScan', nbits: 4, bbs: 64 }],
    ['EDEN3BIAS', { kind: 'Eden', nbits: 3, biased: true }],
    ['HNSW', { kind: 'Hnsw', M: 32, storage: flat }],
    ['HNSW16_', { kind: 'Hnsw', M: 16, storage: flat }],
    ['HNSW16,PQ4x6', { kind: 'Hnsw', M: 16, storage: pq(4, 6) }],
    ['HNSW16_FlatPanorama', { kind: 'Hnsw', M: 16, storage: { kind: 'FlatPanorama', levels: 8 } }],
    ['HNSW8,2+PQ', { kind: 'Hnsw', M: 8, storage: { kind: 'TwoLayer', coarse: { kind: 'Flat', nlist: 2 } } }],
    [
      'HNSW8,2x3+PQ4',
      {
        kind: 'Hnsw',
        M: 8,
        storage: { kind: 'TwoLayer', coarse: { kind: 'MultiIndex', M: 2, nbits: 3 }, M: 4 },
      },
    ],
    ['NSG24_SQfp16', { kind: 'Nsg', R: 24, storage: { kind: 'ScalarQuantizer', qtype: 'fp16' } }],
    ['Residual16,PQ4', { kind: 'TwoLayer', coarse: { kind: 'Flat', nlist: 16 }, M: 4, nbits: 8 }],
    [
      'Residual2x4,PQ4x6',
      { kind: 'TwoLayer', coarse: { kind: 'MultiIndex', M: 2, nbits: 4 }, M: 4, nbits: 6 },
    ],
  ])('%s', (text, spec) => {
    expect(parseFactory(text)).toEqual(spec);
  });

  it.each([
    [
      'RQ2x4_1x8_Nqint8',
      'RQ',
      1,
      [
        [2, 4],
        [1, 8],
      ],
      'qint8',
    ],
    ['RCQ10x4', 'RCQ', 1, [[10, 4]], 'default'],
    ['LSQ4x8_Nrq2x4', 'LSQ', 1, [[4, 8]], 'rq2x4'],
    ['PLSQ2x3x4_Ncqint4', 'PLSQ', 2, [[3, 4]], 'cqint4'],
  ])('%s', (text, quantizer, nsplits, parts, norm) => {
    expect(parseFactory(text)).toEqual({ kind: 'AdditiveQuantizer', quantizer, nsplits, parts, norm });
  });

  it.each([
    ['RQ4x4fs', 'RQ', 1, 4, 32, 'default'],
    ['PRQ2x3x4fs_64_Nlsq2x4', 'PRQ', 2, 3, 64, 'lsq2x4'],
  ])('%s', (text, quantizer, nsplits, M, bbs, norm) => {
    expect(parseFactory(text)).toEqual({ kind: 'AdditiveFastScan', quantizer, nsplits, M, bbs, norm });
  });
});

describe('parseFactory, inverted files', () => {
  it.each([
    ['IVF16,Flat', ivf(flat)],
    ['IVF16,FlatDedup', ivf({ kind: 'FlatDedup' })],
    ['IVF16,FlatPanorama_64', ivf({ kind: 'FlatPanorama', levels: 8, batch: 64 })],
    ['IVF2k,PQ4+8', ivf({ kind: 'PqR', M: 4, refineM: 8 }, 2048)],
    ['IVF1M,PQ4x4fsr_64', ivf({ kind: 'PqFastScan', M: 4, bbs: 64, residual: true }, 1048576)],
    ['IVF16,PQ4x4fs', ivf({ kind: 'PqFastScan', M: 4, bbs: 32, residual: false })],
    [
      'IVF16,LSQ2x4_2x8',
      ivf({
        kind: 'AdditiveQuantizer',
        quantizer: 'LSQ',
        nsplits: 1,
        parts: [
          [2, 4],
          [2, 8],
        ],
        norm: 'default',
      }),
    ],
    [
      'IVF16,PRQ2x2x4fsr_Nrq2x4',
      ivf({
        kind: 'AdditiveFastScan',
        quantizer: 'PRQ',
        nsplits: 2,
        M: 2,
        bbs: 32,
        norm: 'rq2x4',
        residual: true,
      }),
    ],
    ['IVF16,PCA,SH', ivf({ kind: 'SpectralHash', transform: 'Pca', period: -1e10, threshold: 'global' })],
    [
      'IVF16,PCAR8,SH-1.5e3m',
      ivf({ kind: 'SpectralHash', transform: 'PcaRotated', nbits: 8, period: -1500, threshold: 'median' }),
    ],
    ['IVF16_HNSW,Flat', { ...ivf(flat), coarse: { kind: 'Hnsw', M: 32 } }],
    ['IVF16_NSG24,Flat', { ...ivf(flat), coarse: { kind: 'Nsg', R: 24 } }],
    ['IMI2x4,Flat', { ...ivf(flat, 256), coarse: { kind: 'MultiIndex', M: 2, nbits: 4 } }],
    ['IVF16(IVF4,Flat),Flat', { ...ivf(flat), coarse: { kind: 'Index', index: ivf(flat, 4) } }],
  ])('%s', (text, spec) => {
    expect(parseFactory(text)).toEqual(spec);
  });

  it.each([
    ['1.2.3', 1.2],
    ['0-5', 0],
    ['1e', 1],
    ['-.5', -0.5],
  ])('takes of a period %s what strtof takes', (text, period) => {
    expect(parseFactory(`IVF4,PCA8,SH${text}`)).toMatchObject({ codec: { period } });
  });
});

describe('parseFactory, what wraps what', () => {
  const idMap = (base: object) => ({ kind: 'IdMap', base });
  const rflat = (base: object) => ({ kind: 'RefineFlat', base });
  const refine = (base: object, by: object) => ({ kind: 'Refine', base, refine: by });
  const pre = (base: object, ...transforms: object[]) => ({ kind: 'PreTransform', transforms, base });

  it.each([
    ['Flat,IDMap', idMap(flat)],
    ['IDMap,Flat', idMap(flat)],
    ['Flat,IDMap2', { kind: 'IdMap2', base: flat }],
    ['IDMap2,Flat,IDMap', { kind: 'IdMap2', base: idMap(flat) }],
    ['PCA8,Flat,IDMap', idMap(pre(flat, pca8))],
    ['PCA8,IDMap,Flat', pre(idMap(flat), pca8)],
    ['PCA8,IDMap,Flat,RFlat', rflat(pre(idMap(flat), pca8))],
    ['IDMap,PQ4,RFlat', idMap(rflat(pq(4)))],
    ['PQ4,RFlat,IDMap', idMap(rflat(pq(4)))],
    ['PCA8,PQ4,RFlat', rflat(pre(pq(4), pca8))],
    ['PQ4,Refine(PQ8),RFlat', rflat(refine(pq(4), pq(8)))],
    ['PQ4,Refine(PQ8),Refine(Flat)', refine(refine(pq(4), pq(8)), flat)],
    ['PQ4,Refine(PQ8,RFlat)', refine(pq(4), rflat(pq(8)))],
    [
      'PQ4,RefinePanorama(PQ8,Refine(Flat))',
      { kind: 'RefinePanorama', base: pq(4), refine: refine(pq(8), flat) },
    ],
    [
      'IVF4(PQ4,Refine(Flat)),Flat',
      { ...ivf(flat, 4), coarse: { kind: 'Index', index: refine(pq(4), flat) } },
    ],
    ['MinMax,PCA8,PQ4', { kind: 'RowwiseMinMax', base: pre(pq(4), pca8) }],
    ['MinMaxFP16,PQ4,RFlat', rflat({ kind: 'RowwiseMinMaxFp16', base: pq(4) })],
    [
      'PCAWR8,L2Norm,RR,RR4,HR,HR5,ITQ,ITQ4,OPQ2,OPQ2_8,Pad16,Flat',
      pre(
        flat,
        { kind: 'Pca', dOut: 8, whiten: true, rotate: true },
        { kind: 'L2Norm' },
        { kind: 'RandomRotation' },
        { kind: 'RandomRotation', dOut: 4 },
        { kind: 'HadamardRotation' },
        { kind: 'HadamardRotation', seed: 5 },
        { kind: 'Itq' },
        { kind: 'Itq', dOut: 4 },
        { kind: 'Opq', M: 2 },
        { kind: 'Opq', M: 2, dOut: 8 },
        { kind: 'Pad', dOut: 16 },
      ),
    ],
  ])('%s', (text, spec) => {
    expect(parseFactory(text)).toEqual(spec);
  });
});
