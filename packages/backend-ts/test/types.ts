/** One string of every index type and nesting that the engine runs, over 16 dimensions and at least 300 rows. */
export const TYPES: readonly string[] = [
  'Flat',
  'PQ4np',
  'PQ8x4np',
  'PQ4x6np',
  'PQ8x4fs',
  'PQ8x4fs_64',
  'SQ8',
  'SQ6',
  'SQfp16',
  'IVF8,Flat',
  'IVF8,PQ4np',
  'IVF8,PQ8x4np',
  'IVF8,PQ4x5np',
  'IVF8,PQ8x4fs',
  'IVF8,PQ8x4fsr',
  'IVF8,PQ4x4fs_64',
  'IVF8,PQ8x4fs,RFlat',
  'IVF8,PQ8x4fsr,RFlat',
  'IVF8,SQ8',
  'IVF8,SQ4',
  'IVF8,SQtq4',
  'IVF8(SQ8),Flat',
  'PQ8x4fs,Refine(PQ8x5np)',
  'PQ8x4fs,Refine(SQ8)',
  'SQ4,Refine(SQ8),RFlat',
  'RQ3x4_Nqint8',
  'IVF8,PRQ2x2x4',
  'RaBitQ4',
  'IVF8,RaBitQ',
  'RaBitQfs3_64',
  'IVF8,RaBitQfs',
  'IVF8_HNSW4,PQ8x4fsr',
  'IDMap,Flat',
  'IDMap2,PQ8x4fs',
  'IDMap,IVF8,PQ8x4np',
  'IDMap2,IVF8,PQ8x4fs,RFlat',
  'L2norm,Flat',
  'PCA8,IVF8,Flat',
  'RR,IVF8,PQ8x4fs,RFlat',
  'HR,Flat',
  'Pad20,IVF8,PQ10x4fs',
];

/** Those whose vectors are linked: they lose none, take in no others, and what is built depends on the calls. */
export const GRAPHS: readonly string[] = ['HNSW8', 'IDMap,HNSW8', 'HNSW8,SQ8'];

export const D = 16;

/** Whether the caller's ids are kept; the others count from 0. */
export const keepsIds = (factory: string): boolean =>
  factory.startsWith('IDMap') || (factory.includes('IVF') && !/RFlat|Refine/.test(factory));
