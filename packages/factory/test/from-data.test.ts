import type { IndexData, TransformData } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { formatFactory, specFromData } from '../src/index.js';

const header = { d: 16, ntotal: 0, isTrained: true, metric: 'l2', metricArg: 0 } as const;
const flat: IndexData = { ...header, kind: 'Flat', vectors: new Float32Array() };
const pq = { d: 16, M: 4, nbits: 8, centroids: new Float32Array(256 * 16) };
const codes = new Uint8Array();
const pqIndex: IndexData = {
  ...header,
  kind: 'Pq',
  pq,
  codes,
  searchType: 0,
  encodeSigns: false,
  polysemousHt: 0,
};
const lists = {
  nlist: 4,
  nprobe: 1,
  quantizer: flat,
  directMap: { kind: 'none' },
  invlists: { kind: 'missing' },
} as const;
const fastScan = { implem: 0, bbs: 64, M2: 4 };
const ivfPq: IndexData = { ...header, ...lists, kind: 'IvfPq', byResidual: true, codeSize: 4, pq };
const linear = {
  dIn: 32,
  dOut: 16,
  isTrained: true,
  haveBias: false,
  A: new Float32Array(),
  b: new Float32Array(),
};
const pca = {
  ...linear,
  kind: 'Pca',
  eigenPower: 0,
  epsilon: 0,
  randomRotation: false,
  balancedBins: 0,
  mean: new Float32Array(),
  eigenvalues: new Float32Array(),
  pcaMat: new Float32Array(),
} as const;
const same = { dIn: 16, dOut: 16, isTrained: true };
const itq = { ...linear, ...same, kind: 'ItqMatrix', maxIter: 50, seed: 123 } as const;
const pad = Int32Array.from({ length: 16 }, (_, i) => (i < 12 ? i : -1));

const behind = (transforms: TransformData[], base: IndexData = flat): IndexData => ({
  ...header,
  kind: 'PreTransform',
  transforms,
  base,
});

describe('specFromData', () => {
  it.each<[string, IndexData]>([
    ['Flat', flat],
    ['PQ4', pqIndex],
    [
      'PQ4x4fs_64',
      { ...header, ...fastScan, kind: 'PqFastScan', pq: { ...pq, nbits: 4 }, qbs: 0, ntotal2: 0, codes },
    ],
    ['IVF4,Flat', { ...header, ...lists, kind: 'IvfFlat' }],
    ['IVF4,PQ4', ivfPq],
    ['IVF4(PQ4),Flat', { ...header, ...lists, quantizer: pqIndex, kind: 'IvfFlat' }],
    [
      'IVF4,PQ4x4fsr_64',
      { ...header, ...lists, ...fastScan, kind: 'IvfPqFastScan', byResidual: true, codeSize: 2, qbs2: 0, pq },
    ],
    ['IVF4,PQ4,RFlat', { ...header, kind: 'Refine', base: ivfPq, refine: flat, kFactor: 4 }],
    ['Flat,Refine(PQ4)', { ...header, kind: 'Refine', base: flat, refine: pqIndex, kFactor: 1 }],
    ['Flat,IDMap', { ...header, kind: 'IdMap', base: flat, ids: new Float64Array() }],
    ['Flat,IDMap2', { ...header, kind: 'IdMap2', base: flat, ids: new Float64Array() }],
    ['OPQ4_16,IVF4,PQ4', behind([{ ...linear, kind: 'Linear' }], ivfPq)],
    ['OPQ1,Flat', behind([{ ...linear, dIn: 16, kind: 'Linear' }])],
    ['RR16,Flat', behind([{ ...linear, kind: 'RandomRotation' }])],
    ['PCA16,Flat', behind([pca])],
    ['PCAWR16,Flat', behind([{ ...pca, eigenPower: -0.5, randomRotation: true }])],
    ['L2norm,Flat', behind([{ ...same, kind: 'Normalization', norm: 2 }])],
    ['Pad16,Flat', behind([{ ...same, dIn: 12, kind: 'RemapDimensions', map: pad }])],
    ['HR,Flat', behind([{ ...same, kind: 'HadamardRotation', seed: 12345 }])],
    ['HR7,Flat', behind([{ ...same, kind: 'HadamardRotation', seed: 7 }])],
    [
      'ITQ16,Flat',
      behind([
        {
          ...same,
          kind: 'Itq',
          mean: new Float32Array(),
          doPca: true,
          itq,
          pcaThenItq: { ...linear, kind: 'Linear' },
        },
      ]),
    ],
    ['L2norm,PCA16,Flat', behind([{ ...same, kind: 'Normalization', norm: 2 }], behind([pca]))],
    ['Flat', behind([])],
  ])('%s', (text, data) => {
    expect(formatFactory(specFromData(data))).toBe(text);
  });

  it.each<[string, TransformData]>([
    ['a centring transform', { ...same, kind: 'Centering', mean: new Float32Array() }],
    ['a normalisation by the 1-norm', { ...same, kind: 'Normalization', norm: 1 }],
    ['a remapping of dimensions', { ...same, kind: 'RemapDimensions', map: pad.toReversed() }],
    ['an ITQ matrix outside its transform', itq],
  ])('has no string for %s', (feature, transform) => {
    expect(() => specFromData(behind([transform]))).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        message: `factory: no factory string builds ${feature}`,
      }),
    );
  });

  it('names a class that it does not know', () => {
    expect(() => specFromData({ ...header, kind: 'Sphere' } as unknown as IndexData)).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        message: 'factory: no factory string builds index class Sphere',
      }),
    );
  });
});
