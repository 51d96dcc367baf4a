import type { Metric } from '@lutra/core';
import { METRICS } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { checkFactory, describeFactory, parseFactory } from '../src/index.js';

const refusal = (message: string) => expect.objectContaining({ code: 'ARGUMENT', message });

describe('describeFactory', () => {
  it('follows the dimension through the chain and adds up bytes and rows', () => {
    const it = describeFactory('OPQ16_64,IVF1024_HNSW32,PQ16x4fsr,RFlat,IDMap', { d: 128 });
    expect(
      it.tokens.map((t) => [t.text, t.kind, t.d, t.dOut, t.codeBytes, t.minTrainRows, t.maxTrainRows]),
    ).toEqual([
      ['OPQ16_64', 'Opq', 128, 64, 0, 256, 65536],
      ['IVF1024_HNSW32', 'Ivf', 64, 64, 0, 1024, 262144],
      ['PQ16x4fsr', 'PqFastScan', 64, 64, 8, 16, 4096],
      ['RFlat', 'RefineFlat', 128, 128, 512, 0, 0],
      ['IDMap', 'IdMap', 128, 128, 0, 0, 0],
    ]);
    expect(it).toMatchObject({
      text: 'OPQ16_64,IVF1024_HNSW32,PQ16x4fsr,RFlat,IDMap',
      metric: 'l2',
      codeSize: 520,
      idBytes: 16,
      linkBytes: 0,
      bytesPerVector: 536,
      minTrainRows: 1024,
      recommendedTrainRows: 39 * 1024,
      maxTrainRows: 262144,
    });
  });

  it('keeps an index in parentheses apart: it holds centroids, not vectors', () => {
    const it = describeFactory('IVF1024(PCA8,PQ4x4),Flat', { d: 16 });
    expect(it.tokens.map((t) => [t.text, t.depth, t.holds])).toEqual([
      ['IVF1024', 0, 'vectors'],
      ['PCA8', 1, 'centroids'],
      ['PQ4x4', 1, 'centroids'],
      ['Flat', 0, 'vectors'],
    ]);
    expect(it).toMatchObject({ codeSize: 64, minTrainRows: 1024, maxTrainRows: 256 * 1024 });
  });

  it.each([
    ['Flat', 64, 0, 0],
    ['HNSW32', 64 + 8 * 32 + Math.ceil((4 * 32) / 31 + 12), 0, 0],
    ['NSG32', 64 + 128, 0, 0],
    ['SQ6', 12, 1, 100_000],
    ['SQfp16', 32, 0, 0],
    ['PQ4x10', 5, 1024, 262_144],
    ['PCA8,Flat', 32, 8, 16_000],
    ['ITQ8,LSH', 1, 8, 32_768],
    ['RQ4x6_Nfloat', 7, 64, 65_536],
    ['RQ4x8_Ncqint8', 5, 256, 262_144],
    ['LSQ4x4_Ncqint8', 3, 256, 65_536],
    ['RQ4x4fs_Nrq2x4', 3, 16, 98_304],
    ['IVF64,SQ8', 24, 64, 100_000],
    ['IVF64,PQ4+8', 20, 256, 256_000],
    ['IVF64,EDEN3', 22, 64, 100_000],
    ['IMI2x4,Flat', 72, 16, 4096],
    ['IVF16(RCQ2x2),Flat', 72, 16, 4096],
    ['MinMax,SQ8', 24, 1, 100_000],
    ['Residual300,PQ4', 6, 300, 76_800],
    ['ZnLattice2x10_4', 5, 1, 100_000],
    ['PQ4,Refine(SQ8)', 20, 256, 100_000],
  ])('%s at d 16: %i bytes, trains on %i … %i rows', (text, bytes, min, max) => {
    const it = describeFactory(text, { d: 16 });
    expect([it.bytesPerVector, it.minTrainRows, it.maxTrainRows]).toEqual([bytes, min, max]);
  });

  it('takes strings, specs and builders', () => {
    const spec = parseFactory('PQ4');
    expect(describeFactory(spec, { d: 16 })).toEqual(describeFactory('PQ4', { d: 16 }));
    expect(describeFactory({ spec }, { d: 16 })).toEqual(describeFactory('PQ4', { d: 16 }));
    expect(() => describeFactory(7 as unknown as string, { d: 16 })).toThrow(
      refusal('factory: expected a string, a spec or a builder, got number'),
    );
    expect(() => describeFactory('PQ', { d: 16 })).toThrow(expect.objectContaining({ code: 'SYNTAX' }));
  });
});

describe('checkFactory', () => {
  const check = (text: string, d: number, metric: Metric = 'l2') =>
    checkFactory(parseFactory(text), { d, metric });

  it.each<[string, number, Metric, string]>([
    ['PQ5', 16, 'l2', 'PQ5 at d 16, metric l2: d 16 must be a multiple of M 5, leaves 1'],
    ['PCA12,PQ8', 16, 'l2', 'PQ8 at d 12, metric l2: d 12 must be a multiple of M 8, leaves 4'],
    ['PQ4x25', 16, 'l2', 'PQ4x25 at d 16, metric l2: nbits must be in [1, 24], got 25'],
    ['PQ4x4fs_48', 16, 'l2', 'PQ4x4fs_48 at d 16, metric l2: bbs must be a multiple of 32, got 48'],
    ['OPQ4_6,Flat', 16, 'l2', 'OPQ4_6 at d 16, metric l2: d out 6 must be a multiple of M 4, leaves 2'],
    ['PCA32,Flat', 16, 'l2', 'PCA32 at d 16, metric l2: d out must be in [1, 16], got 32'],
    ['HNSW1', 16, 'l2', 'HNSW1 at d 16, metric l2: M must be at least 2, got 1'],
    ['HNSW16,4+PQ', 16, 'l2', 'HNSW16,4+PQ at d 16, metric l2: M is missing after +PQ'],
    ['LSH', 16, 'ip', 'LSH at d 16, metric ip: faiss builds this for l2 only'],
    ['LSH17', 16, 'l2', 'LSH17 at d 16, metric l2: nbits must be at most d 16 without r, got 17'],
    ['IMI2x4,Flat', 16, 'ip', 'IMI2x4 at d 16, metric ip: faiss computes this for l2 only'],
    ['Residual4,PQ4', 16, 'ip', 'Residual4,PQ4 at d 16, metric ip: faiss computes this for l2 only'],
    [
      'RQ4x4fs',
      16,
      'l2',
      'RQ4x4fs at d 16, metric l2: l2 needs the suffix _Nrq2x4 or _Nlsq2x4, as in RQ8x4fs_Nrq2x4',
    ],
    ['RQ4x4fs_Nrq2x4', 16, 'ip', 'RQ4x4fs_Nrq2x4 at d 16, metric ip: ip needs no norm suffix, got _Nrq2x4'],
    [
      'HNSW16,PQ4',
      16,
      'ip',
      'HNSW16,PQ4 at d 16, metric ip: faiss builds this storage for l2 whatever the metric',
    ],
    [
      'IVF16(PQ4),Flat',
      16,
      'l2',
      'IVF16 at d 16, metric l2: the index in parentheses trains on the 16 centroids and needs 256',
    ],
    ['IVF17(RCQ2x2),Flat', 16, 'l2', 'IVF17 at d 16, metric l2: nlist must be 2^4 for 4 bits of RCQ, got 17'],
    [
      'ZnLattice5x10_4',
      15,
      'l2',
      'ZnLattice5x10_4 at d 15, metric l2: d / nsq must be a power of two in [2, 64], got 3',
    ],
  ])('%s at d %i, %s', (text, d, metric, message) => {
    expect(() => check(text, d, metric)).toThrow(refusal(`factory: ${message}`));
  });

  it('lets metrics other than l2 and ip through where vectors are stored whole, and nowhere else', () => {
    const others = METRICS.filter((m) => m !== 'l2' && m !== 'ip');
    const right = [
      'Flat',
      'Flat,IDMap',
      'PCA8,Flat',
      'IVF4,Flat',
      'IVF4,FlatDedup',
      'IVF4(Flat),Flat',
      'HNSW8',
      'NSG8',
    ];
    const wrong = [
      'SQ8',
      'PQ4',
      'PQ4x4fs',
      'IVF4,PQ4',
      'IVF4_HNSW8,Flat',
      'IVF4(HNSW8),Flat',
      'HNSW8,SQ8',
      'NSG8,SQ8',
    ];
    wrong.push(
      'Flat,RFlat',
      'Flat,Refine(Flat)',
      'RQ4x4',
      'RaBitQ',
      'EDEN',
      'IVF4,RQ4x4',
      'LSH',
      'FlatL2Panorama4',
    );
    for (const metric of others) {
      for (const text of right) expect(check(text, 16, metric).metric).toBe(metric);
      for (const text of wrong)
        expect(() => check(text, 16, metric)).toThrow(expect.objectContaining({ code: 'ARGUMENT' }));
    }
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 31, '16'])('refuses d %s', (d) => {
    expect(() => check('Flat', d as number)).toThrow(expect.objectContaining({ code: 'ARGUMENT' }));
  });

  it('refuses an unknown metric and a missing target', () => {
    expect(() => check('Flat', 16, 'cosine' as Metric)).toThrow(refusal('factory: unknown metric cosine'));
    expect(() => checkFactory(parseFactory('Flat'), undefined as never)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT' }),
    );
  });

  it('accepts 128 parts of 768 dimensions and not of 784', () => {
    expect(check('IVF1024,PQ128x4fs,RFlat', 768).codeSize).toBe(64 + 3072);
    expect(() => check('IVF1024,PQ128x4fs,RFlat', 784)).toThrow(
      refusal('factory: PQ128x4fs at d 784, metric l2: d 784 must be a multiple of M 128, leaves 16'),
    );
  });
});
