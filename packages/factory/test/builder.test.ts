import { describe, expect, it } from 'vitest';
import * as f from '../src/index.js';

const built: readonly (readonly [string, f.IndexBuilder])[] = [
  ['IVF1024,PQ128x4fs,RFlat', f.ivf(1024).pq(128, { bits: 4, fastScan: true }).refineFlat()],
  [
    'OPQ16_64,IVF4096,PQ16x4fsr_64',
    f.opq(16, 64).ivf(4096).pq(16, { fastScan: true, residual: true, bbs: 64 }),
  ],
  ['L2norm,PCAWR8,RR,RR4,HR,HR3,ITQ,ITQ4,OPQ2,Pad8,Flat,IDMap', chain().flat().idMap()],
  ['PCA8,IDMap2,Flat', f.pca(8).of(f.flat().idMap2())],
  ['Flat,Refine(SQfp16),IDMap2', f.flat().refine('SQfp16').idMap2()],
  ['PQ4,RefinePanorama(FlatL2Panorama4_1)', f.pq(4).refinePanorama(f.flatPanorama('l2', 4, { batch: 1 }))],
  ['FlatIPPanorama8', f.flatPanorama('ip', 8)],
  ['LSH24rt', f.lsh({ nbits: 24, rotate: true, trainThresholds: true })],
  ['LSH', f.lsh()],
  ['ZnLattice2x10_4', f.lattice(2, 10, 4)],
  ['SQ8_direct', f.sq('8_direct')],
  ['PQ16x10np', f.pq(16, { bits: 10, polysemous: false })],
  ['PQ16x4fs', f.pq(16, { fastScan: true })],
  [
    'RQ2x4_1x8_Nqint8',
    f.rq(
      [
        [2, 4],
        [1, 8],
      ],
      { norm: 'qint8' },
    ),
  ],
  ['RCQ2x4', f.rcq([[2, 4]])],
  ['LSQ4x8', f.lsq(4, 8)],
  ['LSCQ2x4', f.lscq(2, 4)],
  ['PRQ2x4x8', f.prq(2, 4, 8)],
  ['PLSQ2x4x8', f.plsq(2, 4, 8)],
  ['RQ4x4fs_64_Nrq2x4', f.rqFastScan(4, { bbs: 64, norm: 'rq2x4' })],
  ['LSQ4x4fs', f.lsqFastScan(4)],
  ['PRQ2x4x4fs', f.prqFastScan(2, 4)],
  ['PLSQ2x4x4fs', f.plsqFastScan(2, 4)],
  ['RaBitQ4', f.raBitQ({ bits: 4 })],
  ['RaBitQfs_64', f.raBitQ({ fastScan: true, bbs: 64 })],
  ['EDEN2BIASED', f.eden({ bits: 2, biased: true })],
  ['Residual16,PQ4', f.residual(16, 4)],
  ['Residual2x4,PQ4x6', f.residualMulti(2, 4, 4, { bits: 6 })],
  ['MinMax,PCA8,SQ8', f.minMax('PCA8,SQ8')],
  ['MinMaxFP16,SQ8', f.minMaxFp16(f.sq('8'))],
  ['HNSW32', f.hnsw()],
  ['L2norm,HNSW16,PQ4x6np', f.l2norm().hnsw(16).pq(4, { bits: 6, polysemous: false })],
  ['HNSW16,SQ8', f.hnsw(16).sq('8')],
  ['HNSW16,FlatPanorama', f.hnsw(16).flatPanorama()],
  ['HNSW16,8+PQ4', f.hnsw(16).twoLayer(8, 4)],
  ['HNSW16,2x3+PQ4', f.hnsw(16).twoLayerMulti(3, 4)],
  ['NSG32', f.nsg()],
  ['NSG16,PQ4', f.nsg(16).pq(4)],
  ['NSG16,SQ6', f.nsg(16).sq('6')],
  ['IVF16_HNSW8,Flat', f.ivf(16, { hnsw: 8 }).flat()],
  ['IVF128_NSG8,FlatDedup', f.ivf(128, { nsg: 8 }).flatDedup()],
  ['IVF16(IVF4,Flat),FlatPanorama_64', f.ivf(16, { coarse: f.ivf(4).flat() }).flatPanorama(8, { batch: 64 })],
  ['IMI2x8,SQ8', f.imi(8).sq('8')],
  ['IVF16,PQ4', f.ivf(16).pq(4)],
  ['IVF16,PQ4+8', f.ivf(16).pqRefined(4, 8)],
  ['IVF16,RQ2x4', f.ivf(16).rq([[2, 4]])],
  [
    'IVF16,LSQ2x4_1x8',
    f.ivf(16).lsq([
      [2, 4],
      [1, 8],
    ]),
  ],
  ['IVF16,PRQ2x4x8', f.ivf(16).prq(2, 4, 8)],
  ['IVF16,PLSQ2x4x8_Nfloat', f.ivf(16).plsq(2, 4, 8, { norm: 'float' })],
  ['IVF16,RQ4x4fsr', f.ivf(16).rqFastScan(4, { residual: true })],
  ['IVF16,LSQ4x4fs', f.ivf(16).lsqFastScan(4)],
  ['IVF16,PRQ2x4x4fs', f.ivf(16).prqFastScan(2, 4)],
  ['IVF16,PLSQ2x4x4fs', f.ivf(16).plsqFastScan(2, 4)],
  [
    'IVF16,PCAR8,SH0.5c',
    f.ivf(16).spectralHash('PcaRotated', { nbits: 8, period: 0.5, threshold: 'centroid' }),
  ],
  ['IVF16,ITQ,SH', f.ivf(16).spectralHash('Itq')],
  ['IVF16,RaBitQ', f.ivf(16).raBitQ()],
  ['IVF16,EDEN', f.ivf(16).eden()],
];

function chain(): f.ChainBuilder {
  const start = f.l2norm().pca(8, { whiten: true, rotate: true }).randomRotation().randomRotation(4);
  return start.hadamardRotation().hadamardRotation(3).itq().itq(4).opq(2).pad(8);
}

describe('builders', () => {
  it.each(built)('%s', (text, builder) => {
    expect(builder.toString()).toBe(text);
    expect(builder.spec).toEqual(f.parseFactory(text));
    expect(f.toSpec(builder)).toBe(builder.spec);
  });

  it('reach a transform from each root function', () => {
    const flats = [f.randomRotation(4), f.hadamardRotation(), f.itq(8), f.pad(20)].map((c) => `${c.flat()}`);
    expect(flats).toEqual(['RR4,Flat', 'HR,Flat', 'ITQ8,Flat', 'Pad20,Flat']);
  });

  it('never change', () => {
    const base = f.pca(8);
    base.opq(4);
    const pq = base.pq(4);
    pq.refineFlat();
    expect([`${pq}`, `${base.flat()}`]).toEqual(['PCA8,PQ4', 'PCA8,Flat']);
  });

  it.each<[string, () => unknown]>([
    ['bits other than 4 of fastScan', () => f.pq(4, { fastScan: true, bits: 8 })],
    ['polysemous fastScan', () => f.pq(4, { fastScan: true, polysemous: true })],
    ['bbs without fastScan', () => f.pq(4, { bbs: 64 })],
    ['residual without fastScan', () => f.ivf(4).pq(4, { residual: true })],
    ['bbs of RaBitQ without fastScan', () => f.raBitQ({ bbs: 64 })],
    ['residual outside an IVF', () => f.rqFastScan(4, { residual: true } as object)],
    ['residual PQ outside an IVF', () => f.pq(4, { fastScan: true, residual: true } as f.PqOptions)],
    ['a negative M', () => f.pq(-4).toString()],
    ['a refine inside a transform', () => f.pca(8).of(f.flat().refineFlat()).toString()],
  ])('refuse %s', (_, build) => {
    expect(build).toThrow(expect.objectContaining({ code: 'ARGUMENT' }));
  });
});
