import { type Coarse, flatCoarse, graphCoarse } from './list-count.js';
import { codeCeiling, GRAPH_CEILING, REFINED_CEILING } from './recall-ceiling.js';
import type { RecommendationSource } from './sources.js';

/** A string that may do, before memory, recall and backends are asked. */
export interface Candidate {
  readonly factory: string;
  readonly family:
    | 'flat'
    | 'ivf-flat'
    | 'fast-scan-refined'
    | 'graph'
    | 'scalar'
    | 'fast-scan'
    | 'product'
    | 'bits';
  readonly coarse?: Coarse;
  /** Recall that no search parameter goes beyond. */
  readonly ceiling: number;
  /** Bytes of the first code that a scan reads for a vector. */
  readonly scanBytes: number;
  readonly refines: boolean;
  readonly reason: string;
  readonly sources: readonly RecommendationSource[];
}

const PQ_BYTES = [64, 56, 48, 40, 32, 24, 16, 12, 8, 4] as const;
/** PQ of more parts than this is no better than a scalar quantizer, the guidelines say. */
const MOST_PQ_BYTES = 64;

/** Every string worth a thought for `n` rows of `d` dimensions. */
export function candidates(n: number, d: number, grows: boolean): Candidate[] {
  const coarses = coarsesFor(n, grows);
  return [flat(d), ...(n < 2 ? [] : [graph(d), ...coarses.flatMap((coarse) => inLists(coarse, d, grows))])];
}

function coarsesFor(n: number, grows: boolean): Coarse[] {
  const found = [flatCoarse(n, grows ? 16 : 8), graphCoarse(n)].filter((c) => c !== undefined);
  return found.filter(({ nlist }) => nlist > 1);
}

function flat(d: number): Candidate {
  return {
    factory: 'Flat',
    family: 'flat',
    ceiling: 1,
    scanBytes: 4 * d,
    refines: false,
    reason: 'compares every vector: exact, no training, nothing to tune',
    sources: ['faiss-guidelines'],
  };
}

function graph(d: number): Candidate {
  return {
    factory: 'HNSW32',
    family: 'graph',
    ceiling: GRAPH_CEILING,
    scanBytes: 4 * d,
    refines: false,
    reason:
      'a graph: fast and accurate without training, for 272 bytes a vector more; vectors cannot be removed',
    sources: ['faiss-guidelines', 'faiss-sift1m'],
  };
}

/** Recall@10 of 300,000 rows in 2190 lists, and of 40,000 in 800: the tables of bench/tune/README.md. */
const MEASURED_NPROBE =
  '; of 2190 lists, 10 had 0.95 of the neighbours of speech frames, 46 had 0.9 of those of GloVe words';
const MEASURED_K_FACTOR = '; 0.95 of the neighbours of speech frames took kFactor 8 to 12';

/** What the lists of an IVF may hold. */
function inLists(coarse: Coarse, d: number, grows: boolean): Candidate[] {
  const lists = listWords(coarse, grows);
  const sources: RecommendationSource[] = coarse.graph ? ['faiss-guidelines'] : ['faiss-guidelines', 'rvc'];
  const found: Candidate[] = [
    {
      ...{ factory: `${coarse.token},Flat`, family: 'ivf-flat', coarse, ceiling: 1, scanBytes: 4 * d },
      ...{
        refines: false,
        reason: `whole vectors in ${lists}: exact within the lists visited${MEASURED_NPROBE}`,
      },
      sources: [...sources, 'lutra'],
    },
    {
      ...{ factory: `${coarse.token},SQ8`, family: 'scalar', coarse, ceiling: codeCeiling(1), scanBytes: d },
      refines: false,
      reason: `a byte a dimension in ${lists}: a quarter of the memory for a few points of recall`,
      sources: [...sources, 'faiss-codec-benchmark'],
    },
    {
      ...{ factory: `${coarse.token},RaBitQ`, family: 'bits', coarse, ceiling: 0.6 * codeCeiling(1 / 8) },
      ...{ scanBytes: d / 8 + 8, refines: false },
      reason: `a bit a dimension in ${lists}: the least memory`,
      sources,
    },
  ];
  if (d % 2 === 0) found.push(...fastScan(coarse, d, lists, sources));
  found.push(...productCodes(coarse, d, lists, sources));
  return found;
}

function listWords({ nlist, graph }: Coarse, grows: boolean): string {
  if (graph) return `${nlist} lists found through a graph`;
  return `${nlist} lists (${grows ? '16·√n, for a set that grows' : '8·√n'}, or one for 39 rows)`;
}

/** The recipe of d/2 four-bit codes, with the vectors beside them and without. */
function fastScan(coarse: Coarse, d: number, lists: string, sources: RecommendationSource[]): Candidate[] {
  const M = d / 2;
  const base = { coarse, scanBytes: Math.ceil(M / 2) };
  return [
    {
      ...{ ...base, factory: `${coarse.token},PQ${M}x4fs,RFlat`, family: 'fast-scan-refined' },
      ...{ ceiling: REFINED_CEILING, refines: true },
      reason: `4-bit codes scanned 32 at a time in ${lists}, the best re-ranked by whole vectors; needs kFactor above 1, the default of 1 re-ranks nothing${MEASURED_K_FACTOR}`,
      sources: [...sources, 'faiss-fast-scan', 'faiss-deep1m', 'lutra'],
    },
    {
      ...{ ...base, factory: `${coarse.token},PQ${M}x4fsr`, family: 'fast-scan' },
      ...{ ceiling: codeCeiling(0.25, 'fsr'), refines: false },
      reason: `4-bit codes of what is left after the centre, in ${lists}: a quarter of a byte a dimension, nothing to re-rank with`,
      sources: [...sources, 'faiss-fast-scan', 'faiss-deep1m'],
    },
  ];
}

/** Codes of a fixed number of bytes: a rotation first, then M parts of a byte, or 2M of half a byte. */
function productCodes(
  coarse: Coarse,
  d: number,
  lists: string,
  sources: RecommendationSource[],
): Candidate[] {
  const found: Candidate[] = [];
  for (const M of PQ_BYTES) {
    const dOut = 4 * M <= d ? 4 * M : M * Math.floor(d / M);
    if (M > MOST_PQ_BYTES || M >= d || dOut < M) continue;
    found.push({
      ...{ factory: `OPQ${M}_${dOut},${coarse.token},PQ${M}`, family: 'product', coarse },
      ...{ ceiling: codeCeiling(M / d), scanBytes: M, refines: false },
      reason: `${M} bytes a vector in ${lists}, rotated first so that the parts are even`,
      sources: [...sources, 'faiss-codec-benchmark'],
    });
    found.push({
      ...{ factory: `OPQ${M}_${dOut},${coarse.token},PQ${M}x4fsr`, family: 'fast-scan', coarse },
      ...{ ceiling: codeCeiling(M / 2 / d, 'fsr'), scanBytes: M / 2, refines: false },
      reason: `${M / 2} bytes a vector in ${lists}, as 4-bit codes scanned 32 at a time`,
      sources: [...sources, 'faiss-fast-scan', 'faiss-deep1m'],
    });
  }
  return found;
}
