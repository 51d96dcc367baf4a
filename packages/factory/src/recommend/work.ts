import type { Candidate } from './candidates.js';
import { startEfSearch, startKFactor, startNprobe } from './start-values.js';

/** What one query has to look at, estimated; no measurement. */
export interface SearchWork {
  /** Centroids compared with the query. */
  readonly centroids: number;
  /** Codes scanned, or vectors compared. */
  readonly codes: number;
  /** Vectors re-ranked. */
  readonly refined: number;
  /** Bytes of memory that all this reads. */
  readonly bytes: number;
}

/** Search parameters to start measuring with. */
export interface StartParameters {
  readonly nprobe?: number;
  readonly kFactor?: number;
  readonly efSearch?: number;
}

/** The parameters to start with for a recall, and what a query costs with them. */
export function estimateWork(
  candidate: Candidate,
  target: { n: number; d: number; k: number; recall: number },
): { start: StartParameters; work: SearchWork } {
  const { n, d, k, recall } = target;
  const { coarse, family, scanBytes, refines } = candidate;
  if (family === 'flat') return { start: {}, work: work(0, n, 0, n * scanBytes) };
  if (coarse === undefined) {
    const efSearch = startEfSearch(recall);
    // a search opens about efSearch nodes, and 64 neighbours of each on the lowest level
    const visited = Math.min(n, 64 * efSearch);
    return { start: { efSearch }, work: work(0, visited, 0, visited * (scanBytes + 4)) };
  }
  const { nlist, graph } = coarse;
  const nprobe = startNprobe(nlist, recall);
  const centroids = graph ? Math.min(nlist, 64 * Math.max(16, nprobe)) : nlist;
  const codes = Math.ceil((n * nprobe) / nlist);
  const kFactor = refines ? startKFactor(recall) : undefined;
  const refined = kFactor === undefined ? 0 : Math.min(codes, k * kFactor);
  const bytes = Math.ceil(4 * d * (centroids + refined) + codes * scanBytes);
  return {
    start: { nprobe, ...(kFactor !== undefined && { kFactor }) },
    work: work(centroids, codes, refined, bytes),
  };
}

function work(centroids: number, codes: number, refined: number, bytes: number): SearchWork {
  return { centroids, codes, refined, bytes };
}
