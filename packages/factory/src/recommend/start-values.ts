/*
 * Where to start measuring, not where to stop: nprobe and kFactor that gave such a recall elsewhere. nprobe follows the
 * SIFT1M table of IVF16384 (16 lists .826, 64 .947, 256 .986), as a multiple of √nlist.
 */

const NPROBE_OF_ROOT: readonly (readonly [recall: number, part: number])[] = [
  [0.8, 1 / 8],
  [0.9, 1 / 4],
  [0.95, 1 / 2],
  [0.99, 2],
];
const K_FACTOR: readonly (readonly [recall: number, kFactor: number])[] = [
  [0.8, 2],
  [0.9, 4],
  [0.95, 8],
  [0.99, 16],
];
const EF_SEARCH: readonly (readonly [recall: number, efSearch: number])[] = [
  [0.9, 32],
  [0.95, 64],
  [0.98, 128],
];

/** Lists to visit first. */
export function startNprobe(nlist: number, recall: number): number {
  return Math.min(nlist, Math.max(1, Math.round(Math.sqrt(nlist) * pick(NPROBE_OF_ROOT, recall, 4))));
}

/** Candidates to re-rank first, as a multiple of k. */
export function startKFactor(recall: number): number {
  return pick(K_FACTOR, recall, 32);
}

/** Candidates of a graph search first. */
export function startEfSearch(recall: number): number {
  return pick(EF_SEARCH, recall, 256);
}

function pick(table: readonly (readonly [number, number])[], recall: number, beyond: number): number {
  return table.find(([at]) => recall <= at)?.[1] ?? beyond;
}
