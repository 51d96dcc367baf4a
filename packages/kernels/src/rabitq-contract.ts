import type { Ptr } from './contract.js';

/** The part of `Kernels` that encodes and compares RaBitQ codes. */
export interface RaBitQKernels {
  /**
   * RaBitQ codes of x `(n, d)` around `centroid` (0 for the origin), `stride` bytes each: the signs of the residual
   * `r = x - c`, ceil(d / 8) bytes, lowest bit first; f32 `‖r‖²` (`similarity`: minus `‖x‖²`) and `‖r‖` over the cosine
   * of r and its signs; with `bits` > 0 extra bits also the f32 error of that estimate, `ceil(d · bits / 8)` bytes of
   * magnitudes, and f32 offset and scale of the estimate from all bits. scratch: `24 · d` bytes.
   * @see Gao & Long 2024, "RaBitQ"; Gao et al. 2025, for more bits; faiss/impl/RaBitQuantizer.cpp
   */
  rabitqEncode(
    x: Ptr,
    n: number,
    d: number,
    centroid: Ptr,
    bits: number,
    similarity: boolean,
    codes: Ptr,
    stride: number,
    scratch: Ptr,
  ): void;
  /**
   * `out[i] = f0 + toC - 2 · f1 · (c1 · dot + c2 · ones - c34)`, f0 and f1 being the floats behind the `bytes` bytes of
   * signs of code i, `dot` their product with the query in bits, `ones` how many are set; not below 0, or with
   * `similarity` `-0.5 · (that - norm)`. planes u64 `(ceil(bytes / 8), 8)`: bit p of each component of the
   * query, 64 of them in word p, zeros in what is not used; facts f32 `(7)`: c1, c2, c34, toC, norm, how many planes are used, and `error`.
   * Unless that is 0 the estimates become bounds: `f2 · error` lower, not below 0, or with `similarity` higher, f2 being
   * the third float.
   */
  rabitqScan(
    codes: Ptr,
    n: number,
    stride: number,
    bytes: number,
    planes: Ptr,
    facts: Ptr,
    similarity: boolean,
    out: Ptr,
  ): void;
  /**
   * What {@link rabitqScan} and {@link rabitqFull} want of x `(d)` around `centroid` (0 for the origin): residual f32 `(d up
   * to a multiple of 16)`, zeros behind it; its components as whole numbers of `qb` bits, 1 to 8, between its extremes, u8
   * `(d up to a multiple of 16)`, to values, and bit by bit to planes; facts f32 `(8)`: those of the scan with error 0, and
   * the product of x with the centroid. Squares and products are summed in float64. residual and facts 16-byte aligned.
   */
  rabitqQuery(
    x: Ptr,
    centroid: Ptr,
    d: number,
    qb: number,
    residual: Ptr,
    values: Ptr,
    planes: Ptr,
    facts: Ptr,
  ): void;
  /**
   * Offers to reservoir `r` the RaBitQ codes of some lists, `size` bytes each, at their distance from x `(d)` (negated
   * product with `ip`): by the signs, or with `bits` > 0 extra bits by all bits of those whose bound from the signs is below
   * the k-th best value before them. visits u32 `(nvisits, 4)`: codes, centroid (0 for the origin), n, position of the first
   * code. scratch: {@link scratchRabitqSelect} bytes, 16-byte aligned.
   */
  rabitqSelect(
    visits: Ptr,
    nvisits: number,
    x: Ptr,
    d: number,
    qb: number,
    bits: number,
    size: number,
    ip: boolean,
    k: number,
    r: Ptr,
    scratch: Ptr,
  ): void;
  /** Bytes of scratch that {@link rabitqSelect} wants. */
  scratchRabitqSelect(k: number, d: number): number;
  /**
   * The same with the sums of `pq4Scan`, u16 `(n)`, as products: `sum · step + offset - c34`; f0 and f1 at
   * `factors`, `stride` bytes apart, facts f32 `(6)`: step, offset, c34, toC, norm, error.
   */
  rabitqFromSums(
    sums: Ptr,
    n: number,
    factors: Ptr,
    stride: number,
    facts: Ptr,
    similarity: boolean,
    out: Ptr,
  ): void;
  /**
   * `out[i] = base + g0 + g1 · sum_j q[j] · (sign_j · 2 ** bits + code_j - 2 ** bits + 0.5)` for rows `ids[i]` (u32; 0 for
   * all): signs of row r at `signs + r · signStride`, its codes of `bits` bits, 1 to 8, at `extra + r · extraStride`, and
   * behind them the floats g0 and g1. Without `similarity` not below 0. query f32 `(d up to a multiple of 8)`, zeros
   * from d on.
   */
  rabitqFull(
    signs: Ptr,
    signStride: number,
    extra: Ptr,
    extraStride: number,
    ids: Ptr,
    n: number,
    d: number,
    bits: number,
    query: Ptr,
    base: number,
    similarity: boolean,
    out: Ptr,
  ): void;
}
