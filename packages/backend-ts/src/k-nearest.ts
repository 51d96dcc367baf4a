import { LutraError, type Metric, MISSING_LABEL, missingDistance, type SearchResult } from '@lutra/core';
import type { IndexNode, NodeParameters } from './node.js';

/** Queries between two looks at the event loop; also what bounds the tables of candidates inside. */
const SEARCH_CHUNK = 16;

/**
 * A table of `nq · k` missing results.
 * @throws LutraError `CAPACITY`
 */
export function table(nq: number, k: number, metric: Metric): SearchResult {
  const n = nq * k;
  try {
    const labels = new Float64Array(n).fill(MISSING_LABEL);
    return { distances: new Float32Array(n).fill(missingDistance(metric)), labels, nq, k };
  } catch (cause) {
    const message = `search: no memory for ${nq} · ${k} results`;
    throw new LutraError('CAPACITY', message, { wanted: n * 12, what: 'results' }, { cause });
  }
}

/**
 * Searches x, `(nq, d)`, into `out`, some queries between two yields. What the nodes allocate is bounded by the vectors
 * stored: a larger k only widens the padding.
 */
export function* searchInSteps(
  root: IndexNode,
  x: Float32Array,
  parameters: NodeParameters,
  out: SearchResult,
): Generator<void> {
  const { d } = root;
  const { nq, k } = out;
  const most = Math.min(k, root.ntotal);
  if (most === 0) return;
  for (let q = 0; q < nq; q += SEARCH_CHUNK) {
    const count = Math.min(SEARCH_CHUNK, nq - q);
    const distances = out.distances.subarray(q * k, (q + count) * k);
    const labels = out.labels.subarray(q * k, (q + count) * k);
    const rows = x.subarray(q * d, (q + count) * d);
    if (most === k) root.search(rows, count, k, parameters, { distances, labels });
    else searchNarrow(root, rows, count, most, parameters, { distances, labels, nq: count, k });
    yield;
  }
}

function searchNarrow(
  root: IndexNode,
  x: Float32Array,
  nq: number,
  most: number,
  parameters: NodeParameters,
  out: SearchResult,
): void {
  const narrow = { distances: new Float32Array(nq * most), labels: new Float64Array(nq * most) };
  root.search(x, nq, most, parameters, narrow);
  for (let q = 0; q < nq; q++) {
    out.distances.set(narrow.distances.subarray(q * most, (q + 1) * most), q * out.k);
    out.labels.set(narrow.labels.subarray(q * most, (q + 1) * most), q * out.k);
  }
}
