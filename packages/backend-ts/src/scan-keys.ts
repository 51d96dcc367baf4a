import type { IdTest, RangeSink } from './node.js';
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

/** What a range search takes of the values of a scan. */
export interface RangeTest {
  readonly radius: number;
  readonly similarity: boolean;
  readonly filter: IdTest;
  /** The distance that a value stands for; the value itself unless told. */
  readonly convert?: ((value: number) => number) | undefined;
}

/** Gives `sink` every value better than the radius with its id, `ids ? ids[i] : first + i`. */
export function scanRange(
  sink: RangeSink,
  values: Float32Array | Uint16Array,
  test: RangeTest,
  first: number,
  ids?: Float64Array,
): void {
  const { radius, similarity, filter, convert } = test;
  for (let i = 0; i < values.length; i++) {
    const v = convert ? convert(values[i]!) : values[i]!;
    if (!(similarity ? v > radius : v < radius)) continue;
    const id = ids ? ids[i]! : first + i;
    if (!filter || filter(id)) sink(v, id);
  }
}
