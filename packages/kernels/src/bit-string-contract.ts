import type { Ptr } from './contract.js';

/** The part of `Kernels` that reads codes packed as bit strings: of additive quantizers, and of product ones of any width. */
export interface BitStringKernels {
  /**
   * `pq8Scan` for codes of `nbits` bits, 1 to 24: a bit string of `codeSize` bytes a vector, lowest bit first; lut f32
   * `(M, 2 ** nbits)`.
   */
  pqBitsScan(
    codes: Ptr,
    n: number,
    M: number,
    nbits: number,
    codeSize: number,
    lut: Ptr,
    base: number,
    out: Ptr,
  ): void;
  /**
   * `out[i] = bias + (norm_i + factor · sum_m lut[m, index_m])` of codes of `codeSize` bytes: an index of `bits[m]` (u32
   * `(M)`, 1 to 24) bits into each codebook, lowest bit first, then a norm of `normBits` bits: 0 none, 32 a float32, else an
   * index into `norms`, f32. lut f32, `2 ** bits[m]` numbers a codebook, one after the other; sums in order of m.
   */
  additiveScan(
    codes: Ptr,
    n: number,
    codeSize: number,
    M: number,
    bits: Ptr,
    lut: Ptr,
    normBits: number,
    norms: Ptr,
    bias: number,
    factor: number,
    out: Ptr,
  ): void;
  /**
   * What codes stand for, out f32 `(n, parts · dsub)`: the sum of a row of each codebook, `M / parts` codebooks to each part
   * of the vector, rows of `dsub` floats, `2 ** bits[m]` of them, codebook after codebook.
   */
  additiveDecode(
    codes: Ptr,
    n: number,
    codeSize: number,
    M: number,
    bits: Ptr,
    codebooks: Ptr,
    dsub: number,
    parts: number,
    out: Ptr,
  ): void;
  /**
   * Improves codes, i32 `(n, M)`, one index after the other, `iterations` times: index m of vector i becomes the c with the
   * least `unaries[i, m, c] + sum over o ≠ m of pairs[(o, code_o), (m, c)]`, the lowest of several. unaries f32
   * `(n, M, K)`, pairs f32 `(M · K, M · K)`; sums in f32 in order of o.
   */
  lsqSettle(codes: Ptr, n: number, M: number, K: number, unaries: Ptr, pairs: Ptr, iterations: number): void;
  /** `out[i]` f32: the bits in which the `size` bytes at x and those of code i, `(n, size)` u8, differ. */
  hammingNy(x: Ptr, codes: Ptr, size: number, n: number, out: Ptr): void;
  /** The same of the codes whose numbers stand at `ids`, `(n)` u32. */
  hammingByIdx(x: Ptr, codes: Ptr, size: number, ids: Ptr, n: number, out: Ptr): void;
  /**
   * Offers to reservoir `r` the product-quantizer codes of some lists, `codeSize` bytes each, of `nbits` bits an index: the
   * sums of `pq8Scan`, `pq4CodesScan` or {@link pqBitsScan} (negated with `ip`). visits `(nvisits, 5)`: codes, part (f32
   * `(M, 2 ** nbits)`; 0 for none), n, the position of the first code, as u32; base as f32. The table of a list is
   * `part - table`, or `table` where there is no part. scratch: {@link scratchPqSelect} bytes, 16-byte aligned.
   */
  pqSelect(
    visits: Ptr,
    nvisits: number,
    table: Ptr,
    M: number,
    nbits: number,
    codeSize: number,
    ip: boolean,
    r: Ptr,
    scratch: Ptr,
  ): void;
  /** Bytes of scratch that {@link pqSelect} wants. */
  scratchPqSelect(M: number, nbits: number): number;
}
