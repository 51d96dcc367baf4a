import type { Table } from 'apache-arrow';

/** The columns `id` and `vector` as flat arrays, `(n)` and `(n, d)`. */
export function vectorsOf(rows: Table, d: number): { ids: Float64Array; x: Float32Array } {
  const ids = new Float64Array(rows.numRows);
  const x = new Float32Array(rows.numRows * d);
  let at = 0;
  for (const batch of rows.batches) {
    const [numbers, vectors] = ['id', 'vector'].map((name) => batch.getChild(name)!.data[0]!);
    const values = vectors!.children[0]!.values as Float32Array;
    x.set(values.subarray(vectors!.offset * d, (vectors!.offset + batch.numRows) * d), at * d);
    ids.set(Array.from((numbers!.values as BigInt64Array).subarray(0, batch.numRows), Number), at);
    at += batch.numRows;
  }
  return { ids, x };
}
