import type { IdTest } from './node.js';
import type { TopK } from './top-k.js';

/**
 * Offers `values[i]` with id `ids ? ids[i] : first + i` to `heap`; similarities are negated on the way. The test of the
 * filter comes after the cheap one.
 */
export function scanKeys(
  heap: TopK,
  values: Float32Array | Uint16Array,
  similarity: boolean,
  first: number,
  filter: IdTest,
  ids?: Float64Array,
): void {
  const n = values.length;
  const sign = similarity ? -1 : 1;
  let threshold = heap.threshold;
  for (let i = 0; i < n; i++) {
    const key = sign * values[i]!;
    if (key < threshold) {
      const id = ids ? ids[i]! : first + i;
      if (filter && !filter(id)) continue;
      heap.push(key, id);
      threshold = heap.threshold;
    }
  }
}
