import { type Backend, isLutraError, type Metric } from '@lutra/core';
import { GRAMMAR_EXAMPLE_D } from '@lutra/factory';
import { decodeIndex, encodedSize, encodeIndex } from '@lutra/faiss-format';
import { indexFactory, type SupportRow } from 'lutra';

/** As many as the largest codebook of an example has codewords, and then some. */
const ROWS = 1040;
const NQ = 3;
const K = 5;

/** Rows that every metric takes: positive, of sum 1. */
export const x: Float32Array = (() => {
  const rows = new Float32Array(ROWS * GRAMMAR_EXAMPLE_D);
  let state = 12345;
  for (let i = 0; i < ROWS; i++) {
    const row = rows.subarray(i * GRAMMAR_EXAMPLE_D, (i + 1) * GRAMMAR_EXAMPLE_D);
    for (let j = 0; j < row.length; j++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      row[j] = 0.05 + state / 2 ** 32 + ((i + j) % 7 === 0 ? 1 : 0);
    }
    const sum = row.reduce((a, b) => a + b, 0);
    for (let j = 0; j < row.length; j++) row[j]! /= sum;
  }
  return rows;
})();

/**
 * What in a row of the table is not so for `backend` by `metric`, or undefined: what it says is built is trained, filled,
 * searched, written, read and searched again; what it says is refused must not be built.
 */
export async function fault(row: SupportRow, backend: Backend, metric: Metric): Promise<string | undefined> {
  const claimed = row.builds[backend.name]?.metrics.includes(metric) === true;
  const where = `${row.example} ${metric} ${backend.name}`;
  try {
    const why = await tryOut(row.example, backend, metric, row.withoutFile.length === 0);
    if (!claimed) return `${where}: is built, the table says no`;
    return why && `${where}: ${why}`;
  } catch (e) {
    if (!claimed && isLutraError(e, 'UNSUPPORTED')) return undefined;
    return `${where}: ${claimed ? 'the table says yes' : 'the table says no'}, found ${String(e)}`;
  }
}

async function tryOut(
  example: string,
  backend: Backend,
  metric: Metric,
  inFile: boolean,
): Promise<string | undefined> {
  const lp = metric === 'lp' && { metricArg: 3 };
  const index = await indexFactory(example, { d: GRAMMAR_EXAMPLE_D, metric, backends: [backend], ...lp });
  try {
    await index.train(x);
    // all at once: there are graphs that take no more later
    const ids = example.includes('IDMap')
      ? { ids: Float64Array.from({ length: ROWS }, (_, i) => 7 * i) }
      : {};
    // a coarse quantizer holds its centroids alone
    const takesRows = !example.startsWith('RCQ');
    if (takesRows) await index.add(x, ids);
    if (takesRows && index.ntotal !== ROWS) return `holds ${index.ntotal} of ${ROWS} vectors`;
    const queries = x.subarray(0, NQ * GRAMMAR_EXAMPLE_D);
    const found = await index.search(queries, K);
    if (found.labels.every((label) => label < 0)) return 'finds nothing';
    if (!inFile) return 'is built, and has no file';
    const bytes = encodeIndex(index.toData());
    const read = await backend.load(decodeIndex(bytes));
    try {
      const again = await read.search(queries, K);
      if (String(again.labels) !== String(found.labels)) return 'answers otherwise after a file';
      if (Buffer.compare(encodeIndex(read.toData()), bytes) !== 0)
        return 'is another file when written again';
    } finally {
      read.dispose();
    }
    return undefined;
  } finally {
    index.dispose();
  }
}

/** By how much the file of an index grows with each vector. */
export async function bytesOfVector(example: string, backend: Backend, metric: Metric): Promise<number> {
  const lp = metric === 'lp' && { metricArg: 3 };
  const index = await indexFactory(example, { d: GRAMMAR_EXAMPLE_D, metric, backends: [backend], ...lp });
  await index.train(x);
  const half = 512;
  const sizes = [0, 1].map((part) => [part * half, (part + 1) * half] as const);
  const measured: number[] = [];
  for (const [from, to] of sizes) {
    const ids = Float64Array.from({ length: half }, (_, i) => from + i);
    const options = example.includes('IDMap') ? { ids } : {};
    await index.add(x.subarray(from * GRAMMAR_EXAMPLE_D, to * GRAMMAR_EXAMPLE_D), options);
    measured.push(encodedSize(index.toData()));
  }
  index.dispose();
  return (measured[1]! - measured[0]!) / half;
}
