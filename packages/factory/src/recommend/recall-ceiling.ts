/*
 * What a code can tell apart, whatever is searched: the recall that no nprobe goes beyond. Figures of faiss's codec
 * benchmark (SIFT1M, asymmetric recall 1@1) and of its Deep1M log, ordered by bytes a dimension.
 */

/** Bytes a dimension of an 8-bit product or scalar code, and the part of true nearest neighbours that it finds. */
const CEILINGS: readonly (readonly [bytesPerDimension: number, recall: number])[] = [
  [0, 0],
  [0.0625, 0.22], // OPQ8_48,PQ8
  [0.125, 0.412], // OPQ16_64,PQ16
  [0.3125, 0.718], // OPQ32_128,PQ32x10
  [0.5, 0.78], // SQ4
  [0.667, 0.86], // OPQ64_128,IVF1024,PQ64 at 96-d
  [0.75, 0.942], // SQ6
  [1, 0.979], // SQ8
  [2, 0.992], // SQfp16
];

/** At 16 bytes and nprobe 8, PQ32x4fs has 0.298 where PQ16 has 0.410 and PQ32x4fsr 0.397 (Deep1M). */
const FAST_SCAN_PART = { plain: 0.73, residual: 0.97 } as const;

/** The recall that a code of so many bytes a dimension reaches without re-ranking, roughly. */
export function codeCeiling(bytesPerDimension: number, code: 'plain' | 'fs' | 'fsr' = 'plain'): number {
  const part = code === 'fs' ? FAST_SCAN_PART.plain : code === 'fsr' ? FAST_SCAN_PART.residual : 1;
  const above = CEILINGS.findIndex(([bytes]) => bytes >= bytesPerDimension);
  if (above < 0) return part * CEILINGS.at(-1)![1];
  if (above === 0) return 0;
  const [x0, y0] = CEILINGS[above - 1]!;
  const [x1, y1] = CEILINGS[above]!;
  return part * (y0 + ((y1 - y0) * (bytesPerDimension - x0)) / (x1 - x0));
}

/** With candidates re-ranked by stored vectors only what a shorter list misses is lost. */
export const REFINED_CEILING = 0.999;
/** HNSW32 with efSearch 256 on SIFT1M: 0.992. */
export const GRAPH_CEILING = 0.992;
