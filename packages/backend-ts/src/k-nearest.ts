import { LutraError, type Metric, MISSING_LABEL, missingDistance, type SearchResult } from '@lutra/core';
import { cut, type IndexNode, type NodeParameters, type Vectors, widthOf } from './node.js';
import { QUERIES_AT_ONCE } from './selection.js';

/** Queries between two looks at the event loop where the index does not say what one costs. */
const CHUNK = 16;
/** Bytes that are read between two looks: some tens of milliseconds. */
const STEP_BYTES = 2 ** 29;

/** Queries that are searched at once: they share work, and what they find does not depend on their number. */
function chunkOf<V extends Vectors>(root: IndexNode<V>, k: number, parameters: NodeParameters): number {
  const bytes = root.bytesAQuery?.(k, parameters);
  if (bytes === undefined) return CHUNK;
  return Math.max(1, Math.min(QUERIES_AT_ONCE, Math.floor(STEP_BYTES / Math.max(1, bytes))));
}

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
export function* searchInSteps<V extends Vectors>(
  root: IndexNode<V>,
  x: V,
  parameters: NodeParameters,
  out: SearchResult,
): Generator<void> {
  const width = widthOf(root);
  const { nq, k } = out;
  const most = Math.min(k, root.ntotal);
  if (most === 0) return;
  const chunk = chunkOf(root, most, parameters);
  for (let q = 0; q < nq; q += chunk) {
    const count = Math.min(chunk, nq - q);
    const distances = cut(out.distances, q * k, (q + count) * k);
    const labels = cut(out.labels, q * k, (q + count) * k);
    const rows = cut(x, q * width, (q + count) * width);
    if (most === k) root.search(rows, count, k, parameters, { distances, labels });
    else searchNarrow(root, rows, count, most, parameters, { distances, labels, nq: count, k });
    yield;
  }
}

function searchNarrow<V extends Vectors>(
  root: IndexNode<V>,
  x: V,
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
