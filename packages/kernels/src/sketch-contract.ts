import type { Ptr } from './contract.js';

/**
 * The part of `Kernels` that guesses distances from sketches: rows of a list, four bits a component around the mean of the list.
 */
export interface SketchKernels {
  /**
   * The sketches of a list of n rows, f32 `(n, d)`. With c their mean (components 0 that are not finite, beyond 1e16 or below
   * 1e-15), `y = row - c` is kept as `s q`, q odd in [-15, 15]. rests f32 `(n)`: squared lengths of what the rows have beside these
   * components. out: `sketchBytes(n, d)` bytes, 16-byte aligned: header and codes as {@link BoundKernels.nibbleEncode} has
   * them, and of each group of four facts f32 `(2, 4)`: `|y|² + rest + 2 s <c, q>` (NaN from 1e37 on) and s. scratch:
   * `scratchSketchEncode(d)` bytes, 16-byte aligned.
   */
  sketchEncode(rows: Ptr, rests: Ptr, n: number, d: number, out: Ptr, scratch: Ptr): void;
  /** Bytes of scratch that {@link sketchEncode} wants. */
  scratchSketchEncode(d: number): number;
  /** Bytes of the sketches of n rows. */
  sketchBytes(n: number, d: number): number;
  /**
   * A query x `(d)`, not above 1e37, for {@link sketchSelect}: itself and as `t v`, v in [-127, 127]. out: `sketchQueryBytes(d)` bytes,
   * 16-byte aligned.
   */
  sketchQuery(x: Ptr, d: number, out: Ptr): void;
  /** Bytes of a query. */
  sketchQueryBytes(d: number): number;
  /**
   * For each row of a list about `|x - row|² + rest`, or about `-<x, row>` with `ip`: the same float32 at every level. query: as
   * {@link sketchQuery} makes it; out: f32, room for whole groups of four.
   */
  sketchKeys(form: Ptr, n: number, query: Ptr, d: number, ip: boolean, out: Ptr): void;
  /**
   * Offers all rows of lists to reservoirs by the keys that {@link sketchKeys} has for them. visits u32 `(nvisits, 5)`: sketches, n,
   * the position of the first row, query, reservoir. scratch: `SCRATCH_SKETCH_SELECT` bytes, 16-byte aligned.
   */
  sketchSelect(visits: Ptr, nvisits: number, d: number, ip: boolean, scratch: Ptr): void;
}

/** Bytes of scratch that {@link SketchKernels.sketchSelect} wants. */
export const SCRATCH_SKETCH_SELECT = 8192;
