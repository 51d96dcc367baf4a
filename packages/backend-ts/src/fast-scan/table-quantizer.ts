import type { Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { RowCoder } from '../quantizers/row-coder.js';

/** Entries of a table, one for each index. */
export const KSUB = 16;

/** Codes of M indices of 4 bits, and a query's table for each: what FastScan packs and adds up. */
export interface TableQuantizer extends RowCoder {
  readonly M: number;
  /** How often the last two tables of M rounded up to even count, as of a norm; as often as the others if absent or 1. */
  readonly normScale?: number;
  /** Fills f32 `(M, 16)` at `lut` for the query at x, f32 `(d)`. */
  fillLut(metric: Metric, x: Ptr, lut: Ptr): void;
}
