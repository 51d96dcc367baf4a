/** Bytes of a file by what they are for; they add up to `total`. */
export interface PartBytes {
  readonly total: number;
  /** Stored vectors as floats. */
  readonly vectors: number;
  /** Encoded vectors, with the padding of FastScan blocks. */
  readonly codes: number;
  /** Ids in lists and id maps, and direct maps. */
  readonly ids: number;
  /** Coarse centroids, and what quantizers learnt: centroids, codebooks, ranges, thresholds. */
  readonly centroids: number;
  /** Graphs: levels, offsets and neighbours. */
  readonly graph: number;
  /** Matrices, means and maps of vector transforms. */
  readonly transforms: number;
  /** Headers, counts and scalars. */
  readonly overhead: number;
}

/** The bytes of one index that are no overhead; what is not named is 0. */
export type PayloadBytes = Omit<PartBytes, 'total' | 'overhead'>;

export const NO_BYTES: PayloadBytes = { vectors: 0, codes: 0, ids: 0, centroids: 0, graph: 0, transforms: 0 };

/** The sum, part by part. */
export function addBytes(a: PayloadBytes, b: PayloadBytes): PayloadBytes {
  return {
    vectors: a.vectors + b.vectors,
    codes: a.codes + b.codes,
    ids: a.ids + b.ids,
    centroids: a.centroids + b.centroids,
    graph: a.graph + b.graph,
    transforms: a.transforms + b.transforms,
  };
}

/** What a coarse quantizer stores is centroids of the index that owns it. */
export function asCentroids(bytes: PayloadBytes): PayloadBytes {
  const centroids = bytes.vectors + bytes.codes + bytes.ids + bytes.centroids + bytes.graph;
  return { ...NO_BYTES, centroids, transforms: bytes.transforms };
}

/** The parts with what is left of `total` as overhead. */
export function withOverhead(bytes: PayloadBytes, total: number): PartBytes {
  const { vectors, codes, ids, centroids, graph, transforms } = bytes;
  return { total, ...bytes, overhead: total - vectors - codes - ids - centroids - graph - transforms };
}
