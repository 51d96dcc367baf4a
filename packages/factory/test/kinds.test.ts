import { describe, expect, it } from 'vitest';
import { parseFactory, specKinds } from '../src/index.js';

describe('specKinds', () => {
  it.each([
    ['Flat', ['Flat']],
    ['IVF1024,PQ128x4fs,RFlat', ['RefineFlat', 'Ivf', 'PqFastScan']],
    ['IVF16,PQ4x4fsr', ['Ivf', 'PqFastScan']],
    [
      'PCA8,L2norm,IVF16_HNSW8,FlatDedup,IDMap',
      ['IdMap', 'PreTransform', 'Pca', 'L2Norm', 'Ivf', 'Coarse:Hnsw', 'FlatDedup'],
    ],
    ['IMI2x4,PQ4', ['Ivf', 'Coarse:MultiIndex', 'Pq']],
    ['IVF128_NSG8,PQ4+4', ['Ivf', 'Coarse:Nsg', 'PqR']],
    ['IVF16(IVF4,PQ4),Flat', ['Ivf', 'Coarse:Index', 'Pq', 'Flat']],
    ['HNSW16,SQ8', ['Hnsw', 'ScalarQuantizer']],
    ['PQ4,Refine(SQ8),RefinePanorama(Flat)', ['RefinePanorama', 'Refine', 'Pq', 'ScalarQuantizer', 'Flat']],
    ['MinMax,SQ8', ['RowwiseMinMax', 'ScalarQuantizer']],
    ['IVF4,ITQ8,SH', ['Ivf', 'SpectralHash']],
  ])('%s', (text, kinds) => {
    expect(specKinds(parseFactory(text))).toEqual(kinds);
  });
});
