/** A string of the kit, and the recall@10 that its own training must reach. */
export interface CatalogueEntry {
  readonly factory: string;
  /** Floor of recall@10 with every list visited and kFactor 4, by metric; about 0.85 of what faiss 1.15.1 reaches. */
  readonly recall: { readonly l2: number; readonly ip: number };
}

/** For strings and metrics of which nothing is known: better than chance (10 of 400), and no more. */
export const UNKNOWN_FLOOR = 0.1;

/** Every kind of the grammar that can be searched, at least once; the strings hold for each multiple of 16. */
export function catalogue(d: number): CatalogueEntry[] {
  return FLOORS.map(([factory, l2, ip]) => ({
    factory: factory.replace('{d+4}', `${d + 4}`).replace('{d/2}', `${d / 2}`),
    recall: { l2, ip },
  }));
}

const FLOORS: readonly (readonly [factory: string, l2: number, ip: number])[] = [
  ['Flat', 1, 1],
  ['IDMap,Flat', 1, 1],
  ['IDMap2,Flat', 1, 1],
  ['L2norm,Flat', 0.1, 0.1],
  ['RR,Flat', 0.99, 0.99],
  ['HR,Flat', 0.99, 0.99],
  ['Pad{d+4},Flat', 0.99, 0.99],
  ['PCA{d/2},Flat', 0.1, 0.1],
  ['PCAWR{d/2},Flat', 0.1, 0.1],
  ['ITQ,Flat', 0.1, 0.1],
  ['PQ2', 0.1, 0.1],
  ['PQ8x4', 0.1, 0.1],
  ['PQ4x6', 0.1, 0.1],
  ['PQ8x4fs', 0.1, 0.1],
  ['PQ8x4fs_64', 0.1, 0.1],
  ['IDMap,PQ8x4fs', 0.1, 0.1],
  ['PQ8x4fs,RFlat', 0.1, 0.1],
  ['PQ8x4fs,Refine(PQ8x6)', 0.1, 0.1],
  ['IVF8,Flat', 0.99, 0.99],
  ['IVF8,PQ2', 0.1, 0.1],
  ['IVF8,PQ8x4', 0.1, 0.1],
  ['IVF8,PQ8x4fs', 0.1, 0.1],
  ['IVF8,PQ8x4fsr', 0.1, 0.1],
  ['IVF8,Flat,RFlat', 0.1, 0.1],
  ['IVF8,PQ2,RFlat', 0.1, 0.1],
  ['IVF8,PQ8x4fs,RFlat', 0.1, 0.1],
  ['IDMap,IVF8,PQ8x4fs,RFlat', 0.1, 0.1],
  ['PCA{d/2},IVF8,Flat', 0.1, 0.1],
  ['RR,IVF8,PQ8x4fs,RFlat', 0.1, 0.1],
  ['OPQ4,IVF8,PQ4x6', 0.1, 0.1],
  ['SQ8', 0.1, 0.1],
  ['SQ6', 0.1, 0.1],
  ['SQ4', 0.1, 0.1],
  ['SQfp16', 0.1, 0.1],
  ['SQbf16', 0.1, 0.1],
  ['IVF8,SQ8', 0.1, 0.1],
  ['IVF8,SQfp16', 0.1, 0.1],
  ['SQ4,RFlat', 0.1, 0.1],
  ['HNSW16', 0.1, 0.1],
  ['HNSW16,SQ8', 0.1, 0.1],
  ['HNSW16,PQ2', 0.1, 0.1],
  ['IDMap,HNSW16', 0.1, 0.1],
  ['IVF8_HNSW16,Flat', 0.1, 0.1],
  ['NSG16', 0.1, 0.1],
  ['IVF8(SQ8),Flat', 0.1, 0.1],
  ['IMI2x3,Flat', 0.1, 0.1],
  ['IVF8,FlatDedup', 0.1, 0.1],
  ['IVF8,PQ2+2', 0.1, 0.1],
  ['FlatL2Panorama4', 0.1, 0.1],
  ['IVF8,FlatPanorama4', 0.1, 0.1],
  ['LSH16', 0.1, 0.1],
  ['IVF8,ITQ{d/2},SH1.5', 0.1, 0.1],
  ['Residual8,PQ2', 0.1, 0.1],
  ['RQ4x6', 0.1, 0.1],
  ['LSQ4x4', 0.1, 0.1],
  ['PRQ2x2x4', 0.1, 0.1],
  ['IVF8,RQ4x6', 0.1, 0.1],
  ['RQ4x4fs_Nrq2x4', 0.1, 0.1],
  ['IVF8,RQ4x4fs_Nrq2x4', 0.1, 0.1],
  ['ZnLattice2x8_4', 0.1, 0.1],
  ['RaBitQ', 0.1, 0.1],
  ['IVF8,RaBitQ', 0.1, 0.1],
  ['RaBitQfs', 0.1, 0.1],
  ['IVF8,RaBitQfs', 0.1, 0.1],
  ['EDEN4', 0.1, 0.1],
  ['IVF8,EDEN4', 0.1, 0.1],
];
