import type { Ptr } from './contract.js';

/** The part of `Kernels` that finds the nearest row, of all or of those that bounds leave. */
export interface AssignKernels {
  /**
   * The nearest row of y for each row of x by `yNormsSqr[i] - 2 · <x, y[i]>`; the lowest index wins a tie.
   * outIdx u32 `(nx)`; outDis f32 `(nx)`: `max(0, ‖x‖² + ‖y‖² - 2 <x, y>)`. `scratch` holds `scratchAssign(nx, ny)` bytes.
   */
  assignL2(
    x: Ptr,
    nx: number,
    y: Ptr,
    ny: number,
    d: number,
    yNormsSqr: Ptr,
    outIdx: Ptr,
    outDis: Ptr,
    scratch: Ptr,
  ): void;
  /** The row of y with the largest inner product for each row of x; the lowest index wins a tie. outDis holds the product. */
  assignIp(x: Ptr, nx: number, y: Ptr, ny: number, d: number, outIdx: Ptr, outDis: Ptr, scratch: Ptr): void;
  /** Bytes of scratch that the assign kernels want. */
  scratchAssign(nx: number, ny: number): number;
  /**
   * Prepares bounds on the inner products with the rows of y, `(ny, d)`, d ≥ 32: `table` gets `boundTableBytes(ny, m)`
   * bytes that {@link assignBoundedL2} reads (or, with `yNormsSqr` 0, {@link assignBoundedIp}). `basis` f32 `(m, d)`
   * holds m - 1 orthonormal rows (to float32's rounding) and a row of zeros; m is a multiple of 8 up to 128. The better
   * the basis spans x and y, the tighter the bounds. `scratch` holds `scratchBounded(ny)` bytes.
   */
  boundRows(
    y: Ptr,
    ny: number,
    d: number,
    yNormsSqr: Ptr,
    basis: Ptr,
    m: number,
    table: Ptr,
    scratch: Ptr,
  ): void;
  /**
   * {@link assignL2} with the same results to the bit, at the same level, comparing only what the bounds leave.
   * outCount u32 is raised by the pairs that were compared in full.
   * @see Elkan 2003, "Using the triangle inequality to accelerate k-means", for another bound with the same aim
   */
  assignBoundedL2(
    x: Ptr,
    nx: number,
    y: Ptr,
    ny: number,
    d: number,
    yNormsSqr: Ptr,
    basis: Ptr,
    m: number,
    table: Ptr,
    outIdx: Ptr,
    outDis: Ptr,
    outCount: Ptr,
    scratch: Ptr,
  ): void;
  /** {@link assignIp} in the manner of {@link assignBoundedL2}. */
  assignBoundedIp(
    x: Ptr,
    nx: number,
    y: Ptr,
    ny: number,
    d: number,
    basis: Ptr,
    m: number,
    table: Ptr,
    outIdx: Ptr,
    outDis: Ptr,
    outCount: Ptr,
    scratch: Ptr,
  ): void;
  /** Bytes of a table of bounds. */
  boundTableBytes(ny: number, m: number): number;
  /** Bytes of scratch that the kernels on bounds want. */
  scratchBounded(ny: number): number;
}
