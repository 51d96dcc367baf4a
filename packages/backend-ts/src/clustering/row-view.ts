import type { Vectors } from '../node.js';

/** `n` rows of `d` floats, or bytes, inside a larger row-major array, in any order, without a copy. */
export interface RowView<V extends Vectors = Float32Array> {
  readonly data: V;
  readonly n: number;
  readonly d: number;
  /** Elements from one row of `data` to the next. */
  readonly stride: number;
  /** First element of row 0. */
  readonly offset: number;
  /** Row `i` of the view is row `order[i]` of the array; the identity unless told. */
  readonly order?: Uint32Array | undefined;
}

/** All of `data`, `(n, d)`. */
export function viewRows<V extends Vectors>(data: V, n: number, d: number): RowView<V> {
  return { data, n, d, stride: d, offset: 0 };
}

/** Copies rows `[start, start + count)` into `out`, `(count, d)` row-major. */
export function gatherRows<V extends Vectors>(view: RowView<V>, start: number, count: number, out: V): void {
  const { data, d, stride, offset, order } = view;
  if (!order && stride === d) {
    out.set(data.subarray(offset + start * d, offset + (start + count) * d));
    return;
  }
  for (let i = 0; i < count; i++) {
    const from = offset + (order ? order[start + i]! : start + i) * stride;
    if (d < 16) for (let j = 0; j < d; j++) out[i * d + j] = data[from + j]!;
    else out.set(data.subarray(from, from + d), i * d);
  }
}
