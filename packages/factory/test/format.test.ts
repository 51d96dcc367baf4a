import type { FactorySpec } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { formatFactory, parseFactory } from '../src/index.js';

describe('formatFactory', () => {
  it.each([
    ['PQ8x8', 'PQ8'],
    ['PQ8x4fs_32', 'PQ8x4fs'],
    ['IDMap,Flat', 'Flat,IDMap'],
    ['IDMap,PCA8,IDMap2,Flat', 'PCA8,IDMap2,Flat,IDMap'],
    ['HNSW16_PQ4', 'HNSW16,PQ4'],
    ['HNSW', 'HNSW32'],
    ['NSG_', 'NSG32'],
    ['IVF1k_HNSW,Flat', 'IVF1024_HNSW32,Flat'],
    ['L2Norm,Flat', 'L2norm,Flat'],
    ['RaBitQ1', 'RaBitQ'],
    ['EDEN1BIAS', 'EDENBIASED'],
    ['IVF4,FlatPanorama8_64', 'IVF4,FlatPanorama_64'],
    ['IVF4,PCA8,SH-1e10g', 'IVF4,PCA8,SH'],
    ['IVF4,PCA8,SH1e30c', 'IVF4,PCA8,SH1e30c'],
    ['IVF4,PCA8,SH-0', 'IVF4,PCA8,SH-0'],
    ['IVF2147483647M,Flat', 'IVF2147483647M,Flat'],
    ['IVF2147483647k,Flat', 'IVF2147483647k,Flat'],
    ['Residual4,PQ4x8', 'Residual4,PQ4'],
    [
      'OPQ16_64,IVF262144(IVF512,PQ32x4fs,RFlat),PQ16x4fsr,Refine(OPQ56_112,PQ56)',
      'OPQ16_64,IVF262144(IVF512,PQ32x4fs,RFlat),PQ16x4fsr,Refine(OPQ56_112,PQ56)',
    ],
  ])('%s → %s', (text, canonical) => {
    expect(formatFactory(parseFactory(text))).toBe(canonical);
  });

  const flat = { kind: 'Flat' } as const;
  const rflat = { kind: 'RefineFlat', base: flat } as const;
  const refine = { kind: 'Refine', base: flat, refine: flat } as const;
  const l2 = [{ kind: 'L2Norm' }] as const;
  const inParens = { kind: 'Ivf', nlist: 4, coarse: { kind: 'Index', index: flat }, codec: flat } as const;
  it.each<[string, FactorySpec]>([
    ['a refine inside a transform', { kind: 'PreTransform', transforms: l2, base: rflat }],
    [
      'transforms inside transforms',
      { kind: 'PreTransform', transforms: l2, base: { kind: 'PreTransform', transforms: l2, base: flat } },
    ],
    ['a Refine inside Refine( )', { kind: 'Refine', base: flat, refine }],
    [
      'RefinePanorama under Refine',
      { kind: 'Refine', base: { kind: 'RefinePanorama', base: flat, refine: flat }, refine: flat },
    ],
    ['parentheses inside MinMax', { kind: 'RowwiseMinMax', base: inParens }],
    ['a residual outside an IVF', { kind: 'PqFastScan', M: 4, bbs: 32, residual: true } as FactorySpec],
    [
      'several runs of LSQ outside an IVF',
      {
        kind: 'AdditiveQuantizer',
        quantizer: 'LSQ',
        nsplits: 1,
        parts: [
          [1, 4],
          [1, 8],
        ],
        norm: 'default',
      },
    ],
    [
      'splits of RQ',
      { kind: 'AdditiveQuantizer', quantizer: 'RQ', nsplits: 2, parts: [[1, 4]], norm: 'default' },
    ],
    ['no codebooks', { kind: 'AdditiveQuantizer', quantizer: 'RQ', nsplits: 1, parts: [], norm: 'default' }],
    [
      'a wrong nlist of IMI',
      { kind: 'Ivf', nlist: 5, coarse: { kind: 'MultiIndex', M: 2, nbits: 4 }, codec: flat },
    ],
    ['a negative number', { kind: 'Pq', M: -4, nbits: 8, polysemous: true }],
    ['a fraction', { kind: 'Pq', M: 1.5, nbits: 8, polysemous: true }],
    ['NaN', { kind: 'Pq', M: Number.NaN, nbits: 8, polysemous: true }],
    ['a number beyond 32 bits', { kind: 'Pq', M: 2 ** 31, nbits: 8, polysemous: true }],
    ['an nlist beyond any suffix', { kind: 'Ivf', nlist: 2 ** 31 + 1, coarse: flat, codec: flat }],
    ['an unknown type', { kind: 'ScalarQuantizer', qtype: '5' as '8' }],
    ['an unknown kind', { kind: 'Magic' } as unknown as FactorySpec],
    ['a missing part', { kind: 'IdMap' } as unknown as FactorySpec],
    ['nothing', undefined as unknown as FactorySpec],
    ['too many bits of RaBitQ', { kind: 'RaBitQ', nbits: 10 }],
    [
      'a period that float32 cannot hold',
      {
        kind: 'Ivf',
        nlist: 4,
        coarse: flat,
        codec: { kind: 'SpectralHash', transform: 'Itq', period: 1e99, threshold: 'global' },
      },
    ],
  ])('refuses %s', (_, spec) => {
    expect(() => formatFactory(spec)).toThrow(expect.objectContaining({ code: 'ARGUMENT' }));
  });

  it('refuses a spec too deep for a string, without a stack overflow', () => {
    let deep: FactorySpec = flat;
    for (let i = 0; i < 20_000; i++) deep = { kind: 'IdMap', base: deep };
    expect(() => formatFactory(deep)).toThrow(expect.objectContaining({ code: 'ARGUMENT' }));
  });
});
