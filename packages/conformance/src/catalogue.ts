/** A string of the kit, and the recall@10 that its own training must reach. */
export interface CatalogueEntry {
  readonly factory: string;
  /** Floor of recall@10 with every list visited and kFactor 4, by metric. */
  readonly recall: { readonly l2: number; readonly ip: number };
}

/** For strings and metrics of which nothing is known: better than chance (10 of 400), and no more. */
export const UNKNOWN_FLOOR = 0.1;

/** Of what faiss reaches: another engine draws other numbers, and 8 queries have 80 neighbours. */
const SHARE = 0.8;
/** Vectors up to which the shares were measured; more of them lie closer together than their codes can tell. */
const MEASURED = 600;

/** Every kind of the grammar that can be searched, at least once; the strings hold for each multiple of 16. */
export function catalogue({ d, n }: { d: number; n: number }): CatalogueEntry[] {
  const share = SHARE * Math.min(1, Math.sqrt(MEASURED / n));
  const floor = (reached: number): number => share * reached;
  return REACHED.map(([factory, l2, ip]) => ({
    factory: factory.replace('{d+4}', `${d + 4}`).replace('{d/2}', `${d / 2}`),
    recall: { l2: floor(l2), ip: floor(ip) },
  }));
}

/**
 * What faiss 1.15.1 reaches over the kit's rows: the smallest recall@10 of seeds 1 and 1234, n 400 and 600, d 16,
 * 16 queries. 0 where faiss has no such index.
 */
const REACHED: readonly (readonly [factory: string, l2: number, ip: number])[] = [
  ['Flat', 1.0, 1],
  ['IDMap,Flat', 1.0, 1],
  ['IDMap2,Flat', 1.0, 1],
  ['L2norm,Flat', 0.77, 0.56],
  ['RR,Flat', 1.0, 1],
  ['HR,Flat', 1.0, 1],
  ['Pad{d+4},Flat', 1.0, 1],
  ['PCA{d/2},Flat', 0.47, 0.65],
  ['PCAWR8,Flat', 0.52, 0.59],
  ['ITQ,Flat', 0.78, 0.53],
  ['PQ2', 0.68, 0.71],
  ['PQ8x4', 0.61, 0.56],
  ['PQ4x6', 0.62, 0.57],
  ['PQ8x4fs', 0.61, 0.56],
  ['PQ8x4fs_64', 0.61, 0.56],
  ['IDMap,PQ8x4fs', 0.61, 0.56],
  ['PQ8x4fs,RFlat', 0.99, 0.99],
  ['PQ8x4fs,Refine(PQ8x6)', 0.78, 0.77],
  ['IVF8,Flat', 1.0, 1],
  ['IVF8,PQ2', 0.71, 0.71],
  ['IVF8,PQ8x4', 0.74, 0.53],
  ['IVF8,PQ8x4fs', 0.61, 0.56],
  ['IVF8,PQ8x4fsr', 0.72, 0.53],
  ['IVF8,Flat,RFlat', 1.0, 1],
  ['IVF8,PQ2,RFlat', 1.0, 0.99],
  ['IVF8,PQ8x4fs,RFlat', 0.99, 0.99],
  ['IDMap,IVF8,PQ8x4fs,RFlat', 0.99, 0.99],
  ['PCA{d/2},IVF8,Flat', 0.47, 0.65],
  ['RR,IVF8,PQ8x4fs,RFlat', 0.99, 1],
  ['OPQ4,IVF8,PQ4x6', 0.73, 0.68],
  ['SQ8', 0.99, 0.99],
  ['SQ6', 0.94, 0.95],
  ['SQ4', 0.86, 0.88],
  ['SQfp16', 1.0, 1],
  ['SQbf16', 0.99, 1],
  ['IVF8,SQ8', 0.98, 0.99],
  ['IVF8,SQfp16', 1.0, 1],
  ['SQ4,RFlat', 1.0, 1],
  ['HNSW16', 1.0, 1],
  ['HNSW16,SQ8', 0.99, 0.99],
  ['HNSW16,PQ2', 0.68, 0.38],
  ['IDMap,HNSW16', 1.0, 1],
  ['IVF8_HNSW16,Flat', 1.0, 1],
  ['NSG16', 1.0, 0.98],
  ['IVF8(SQ8),Flat', 1.0, 1],
  ['IVF16(RCQ2x2),Flat', 1.0, 1],
  ['IMI2x3,Flat', 1.0, 0],
  ['IVF8,FlatDedup', 1.0, 1],
  ['IVF8,PQ2+2', 0.93, 0],
  ['FlatL2Panorama4', 1.0, 0],
  ['IVF8,FlatPanorama4', 1.0, 1],
  ['LSH16', 0.35, 0],
  ['IVF8,ITQ{d/2},SH1.5', 0.23, 0.19],
  ['Residual8,PQ2', 0.1, 0],
  ['RQ4x6', 0.78, 0.76],
  ['LSQ4x4', 0.59, 0.62],
  ['PRQ2x2x4', 0.36, 0.49],
  ['IVF8,RQ4x6', 0.76, 0.8],
  ['RQ4x4fs_Nrq2x4', 0.49, 0],
  ['IVF8,RQ4x4fs_Nrq2x4', 0.49, 0],
  ['ZnLattice2x8_4', 0.58, 0.21],
  ['RaBitQ', 0.41, 0.53],
  ['IVF8,RaBitQ', 0.61, 0.54],
  ['RaBitQfs', 0.41, 0.54],
  ['IVF8,RaBitQfs', 0.62, 0.55],
  ['EDEN4', 0.89, 0.91],
  ['IVF8,EDEN4', 0.9, 0.91],
];
