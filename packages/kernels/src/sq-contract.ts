import type { Ptr } from './contract.js';

/** How a scalar quantizer writes a component: whole numbers of 4, 6 or 8 bits, or floats of 16. */
export const SCALAR_CODES = { bits4: 4, bits6: 6, bits8: 8, fp16: 16, bf16: 17 } as const;
/** One of {@link SCALAR_CODES}. */
export type ScalarCode = (typeof SCALAR_CODES)[keyof typeof SCALAR_CODES];

/** The part of `Kernels` that compares queries with codes of a scalar quantizer. */
export interface ScalarKernels {
  /**
   * `out[i] = sum_j (a[j] - b[j] · c[i, j])²` of scalar-quantizer codes, `codeSize` bytes each: of code i, or of code
   * `ids[i]` (u32, `n`) unless ids is 0. c are the whole numbers of {@link SCALAR_CODES} bits4, bits6 and bits8; for fp16
   * and bf16 they are floats, b is not read and counts as 1, and the sums are those of `l2sqrNy`
   * and `ipNy` over {@link sqWiden}ed rows, to the bit. a and b f32 `(d)`, out f32 `(n)`.
   */
  sqL2(
    kind: ScalarCode,
    a: Ptr,
    b: Ptr,
    codes: Ptr,
    codeSize: number,
    d: number,
    ids: Ptr,
    n: number,
    out: Ptr,
  ): void;
  /** `out[i] = base + sum_j w[j] · c[i, j]` of the same codes; w f32 `(d)`. */
  sqIp(
    kind: ScalarCode,
    w: Ptr,
    base: number,
    codes: Ptr,
    codeSize: number,
    d: number,
    ids: Ptr,
    n: number,
    out: Ptr,
  ): void;
  /**
   * `out[i] = w0 + w1 · norms[i] + w2 · sum_j v[j] · c[i, j]` of the same codes of 4, 6 or 8 bits, the sum exact, for bounds
   * of {@link sqL2} and {@link sqIp}: v i16 `(d)`, with `|v| · c` of all components below 2^31; weights f32 `(3)`; norms f32
   * `(n)`, or 0 for none. norms and out have room for whole groups of four.
   */
  sqBounds(
    kind: ScalarCode,
    codes: Ptr,
    codeSize: number,
    d: number,
    n: number,
    v: Ptr,
    norms: Ptr,
    weights: Ptr,
    out: Ptr,
  ): void;
  /**
   * Offers to reservoir `r` the codes of some lists at their float distance (negated product with `ip`) from x `(d)`, at
   * least every one that can stay there: by l2 the components are `offsets[j] + widths[j] · c` around the list's centroid;
   * by ip the value is `base + sum_j x[j] widths[j] c`. offsets and widths f32 `(d)`. visits `(nvisits, 6)`: codes, norms
   * (f32 `(n)` of `sum (widths c)²` with room for whole groups of four; 0 for none, which leaves lists without bounds by
   * l2), centroid f32 `(d)` or 0, n, the position of the first code, as u32; base as f32. scratch:
   * {@link scratchSqSelect} bytes, 16-byte aligned.
   */
  sqSelect(
    kind: ScalarCode,
    visits: Ptr,
    nvisits: number,
    x: Ptr,
    offsets: Ptr,
    widths: Ptr,
    d: number,
    codeSize: number,
    ip: boolean,
    r: Ptr,
    scratch: Ptr,
  ): void;
  /** Bytes of scratch that {@link sqSelect} wants for the k best. */
  scratchSqSelect(k: number, d: number): number;
  /** The n floats of 16 bits (fp16 or bf16) at `codes`, which need no alignment, as f32 `(n)`. */
  sqWiden(kind: ScalarCode, codes: Ptr, n: number, out: Ptr): void;
}
