import type { IdTest, RangeSink } from './node.js';

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
