import type { Ptr } from './contract.js';

/** The part of `Kernels` that rules out float32 rows by bounds of their distances, of a byte or four bits a component. */
export interface BoundKernels {
  /**
   * Rows as bytes, for {@link int8Bounds}: `y = row - mean` (mean f32 `(d)`, or 0 for none) is kept as `s · q`, q in
   * [-127, 127]. rows f32 `(n, d)`; codes i8 `(ceil(n / 4), d16 / 16, 4, 16)`: of four rows 16 components by turns, d16 being d
   * filled up to a multiple of 16 with zeros; facts f32 `(ceil(n / 4), 5, 4)`: for each of four rows `|y|²` (-Infinity from 1e37 on: a row without a bound), s,
   * `|s q|`, `|y - s q|`, `64 sum(q)`.
   */
  int8Encode(rows: Ptr, n: number, d: number, mean: Ptr, codes: Ptr, facts: Ptr): void;
  /**
   * The same for rows that are read one here, one there, as the records of a graph: each a code of d16 bytes and behind it four
   * f32, `|y|²`, s, `|s q|`, `|y - s q|`. out: `(n, d16 + 16)` bytes, best on a cache line.
   */
  int8Records(rows: Ptr, n: number, d: number, mean: Ptr, out: Ptr): void;
  /** `z = x - mean` as `t · (u - 64)`, u in [1, 127]: out u8 `(d16)`; facts f32 `(3)`: `|z|²`, t, `|z - t (u - 64)|`. */
  int8Query(x: Ptr, d: number, mean: Ptr, out: Ptr, facts: Ptr): void;
  /** The same as `t · v`, v in [-2047, 2047]: out i16 `(d16)`; facts f32 `(3)`: `|z|²`, t, `|z - t v|`. d up to 2^15. */
  int12Query(x: Ptr, d: number, mean: Ptr, out: Ptr, facts: Ptr): void;
  /**
   * For each row of `groups` groups of four `w0 + w1 |y|² + w2 s <u - 64, q> + w3 |s q| + w4 |y - s q|`, the product exact;
   * weights f32 `(5)`, out f32 `(4 groups)`.
   */
  int8Bounds(codes: Ptr, facts: Ptr, groups: number, d16: number, u: Ptr, weights: Ptr, out: Ptr): void;
  /**
   * Writes `first + i` for each value not above `limit`, NaN included, f32 `(n)`, to u32 at `out`, which has room for n;
   * returns how many.
   */
  indicesUpTo(values: Ptr, n: number, limit: number, first: number, out: Ptr): number;
  /**
   * Offers to reservoir `r` rows at their float distance from x `(d)` (negated product with `ip`), at least every row that
   * can stay there: those whose bounds, as {@link int8Bounds} has them for `u` and `weights`, rule them out are not read.
   * visits u32 `(nvisits, 5)`: codes of dCodes components and facts as {@link int8Encode} makes them, of the rows or of
   * others that are no farther from what `u` is of; rows f32 `(n, d)`, n, the position of the first row. scratch: `scratchBoundSelect(k)` bytes, 16-byte aligned.
   */
  boundSelect(
    visits: Ptr,
    nvisits: number,
    x: Ptr,
    d: number,
    dCodes: number,
    u: Ptr,
    weights: Ptr,
    ip: boolean,
    r: Ptr,
    scratch: Ptr,
  ): void;
  /** Bytes of scratch that {@link boundSelect} wants for the k best. */
  scratchBoundSelect(k: number): number;
  /**
   * The form of a list of n rows, f32 `(n, d)`, for {@link nibbleSelect}: around their mean c (0 for components that are not
   * finite, beyond 1e16 or below 1e-15) a row is `s · q`, q odd in [-15, 15], of which `(q + 15) / 2` is kept. out: `nibbleBytes(n, d)`
   * bytes, 16-byte aligned: c, f32 (d filled up to a multiple of 4), `|c|` and 12 bytes; then groups of four rows: codes,
   * `d16 / 2` bytes a row (d16 being d filled up to a multiple of 16): of 32 components 16 bytes of each row, byte j with
   * components j (low) and j + 16; of 16 that are left 16 bytes of two rows, low and high; and facts, f32 `(3, 4)`: `|s q|` (NaN for a row without a bound), `|row - c - s q|`, `1 / |q|`. scratch: 5 d bytes, d filled up to a multiple of 32,
   * 16-byte aligned.
   */
  nibbleEncode(rows: Ptr, n: number, d: number, out: Ptr, scratch: Ptr): void;
  /** Bytes of the form of n rows. */
  nibbleBytes(n: number, d: number): number;
  /**
   * Bounds that {@link nibbleSelect} goes by: of the float distance from x `(d)` to each row of a form, or of the negated
   * product with `ip`; not above what `l2sqrNy` and `ipNy` give. A row or a query that cannot be bounded has -Infinity or NaN.
   * out: f32, room for whole groups of four. scratch: 5 d bytes, d filled up to a multiple of 32, 16-byte aligned.
   */
  nibbleBounds(form: Ptr, n: number, x: Ptr, d: number, ip: boolean, out: Ptr, scratch: Ptr): void;
  /**
   * Offers to the reservoirs of queries the rows of lists at their float distance (negated product with `ip`), at least every
   * row that can stay there: those that bounds rule out are not read. visits u32 `(nvisits, 6)`: form, rows f32 `(n, d)`, n, the
   * position of the first row, the query f32 `(d)`, its reservoir. Of visits of one query that follow
   * each other some thousand rows are looked at together, best nearest lists first; n is not 0. scratch: `scratchNibbleSelect(k, d)` bytes, 16-byte aligned.
   */
  nibbleSelect(visits: Ptr, nvisits: number, d: number, ip: boolean, scratch: Ptr): void;
  /** Bytes of scratch that {@link nibbleSelect} wants for the k best. */
  scratchNibbleSelect(k: number, d: number): number;
}
