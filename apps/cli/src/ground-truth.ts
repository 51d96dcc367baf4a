import { LutraError, type Progress, type RowSource, type VectorIndex } from '@lutra/core';
import { cosineNormalize, exactSearch, type LabelTable } from '@lutra/metrics';
import { scalesToLengthOne } from '@lutra/tune';
import { readIds } from './ids.js';
import { type Matrix, openVectors, readIntegers } from './vectors.js';

/** The true neighbours of each query, nearest first, `(nq, k)`. */
export type GroundTruth = LabelTable;

/**
 * The true neighbours in an `.npy` file of shape `(nq, at least k)`.
 * @throws LutraError `SHAPE` for another shape
 */
export async function readGroundTruth(path: string, nq: number, k: number): Promise<GroundTruth> {
  const { values, shape } = await readIntegers(path);
  const [rows, width] = shape;
  if (shape.length === 2 && rows === nq && width !== undefined && width >= k) {
    return { labels: values, nq, k: width };
  }
  throw new LutraError(
    'SHAPE',
    `${path}: expected the neighbours of ${nq} queries, at least ${k} each, got shape (${shape.join(', ')})`,
    { argument: 'groundtruth', expected: `(${nq}, ${k})`, actual: `(${shape.join(', ')})`, path },
  );
}

/**
 * The true neighbours among all rows of `base`, by the metric of `index`; by cosine if it scales vectors to length 1.
 * @throws LutraError `SHAPE` for vectors of another dimension or another count than the index holds
 */
export async function groundTruthOf(
  index: VectorIndex,
  queries: Matrix,
  k: number,
  options: {
    base: string;
    ids: string | undefined;
    onProgress: (progress: Progress) => void;
    signal: AbortSignal;
  },
): Promise<GroundTruth> {
  const { base, ids, onProgress, signal } = options;
  const { rows: source } = await openVectors(base);
  const [n, d] = source.shape;
  if (d !== index.d || n !== index.ntotal) {
    throw new LutraError(
      'SHAPE',
      `${base}: expected the ${index.ntotal} vectors of the index with d ${index.d}, got shape (${n}, ${d})`,
      { argument: 'base', expected: `(${index.ntotal}, ${index.d})`, actual: `(${n}, ${d})`, path: base },
    );
  }
  const labelOf = ids === undefined ? undefined : await readIds(ids, n, base);
  const scaled = scalesToLengthOne(index.spec);
  const metric = exactMetric(index);
  const rows = scaled ? normalized(source) : source;
  const x = scaled ? cosineNormalize(queries.values, d) : queries.values;
  const { labels } = await exactSearch(rows, x, { d, k, metric, onProgress, signal });
  return {
    labels: labelOf ? labels.map((row) => (row < 0 ? row : labelOf[row]!)) : labels,
    nq: queries.n,
    k,
  };
}

function exactMetric(index: VectorIndex): 'l2' | 'ip' {
  const { metric } = index;
  if (metric === 'l2' || metric === 'ip') return metric;
  throw new LutraError(
    'UNSUPPORTED',
    `the true neighbours by metric ${metric} are not computed; use --groundtruth`,
    {
      feature: `ground truth by ${metric}`,
      by: '@lutra/metrics',
    },
  );
}

function normalized(source: RowSource): RowSource {
  const d = source.shape[1];
  return {
    shape: source.shape,
    async *blocks(range) {
      for await (const block of source.blocks(range)) yield cosineNormalize(block, d);
    },
  };
}
