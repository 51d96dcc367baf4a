/** Rows above which the guidelines take fixed numbers of lists, found through a graph. */
const MILLION = 1_000_000;

/** Rows a list at least, for k-means to learn its centre: faiss's own warning, and RVC's rule. */
export const ROWS_PER_LIST = 39;

/** How an IVF finds its lists. */
export interface Coarse {
  readonly nlist: number;
  /** As the string says it: `IVF3000`, `IVF65536_HNSW32`. */
  readonly token: string;
  readonly graph: boolean;
}

/** Lists for `n` rows that are compared one by one: `factor · √n`, at most one for 39 rows. */
export function flatCoarse(n: number, factor: number): Coarse {
  const nlist = Math.max(1, Math.min(Math.round(factor * Math.sqrt(n)), Math.floor(n / ROWS_PER_LIST)));
  return { nlist, token: `IVF${nlist}`, graph: false };
}

/** What the guidelines say from a million rows on; undefined below. */
export function graphCoarse(n: number): Coarse | undefined {
  if (n < MILLION) return undefined;
  const nlist = n < 10 * MILLION ? 65_536 : n < 100 * MILLION ? 262_144 : 1_048_576;
  return { nlist, token: `IVF${nlist}_HNSW32`, graph: true };
}
