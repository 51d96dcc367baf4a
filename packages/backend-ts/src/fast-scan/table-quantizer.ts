import type { Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { RowView } from '../clustering/row-view.js';
import type { Task } from '../task.js';

/** Entries of a table, one for each index. */
export const KSUB = 16;

/** Codes of M indices of 4 bits, and a query's table for each: what FastScan packs and adds up. */
export interface TableQuantizer {
  readonly d: number;
  readonly M: number;
  /** Bytes of a plain code. */
  readonly codeSize: number;
  readonly isTrained: boolean;
  /** How often the last two tables of M rounded up to even count, as of a norm; as often as the others if absent or 1. */
  readonly normScale?: number;
  train(points: RowView, task: Task): Promise<void>;
  /** Codes of x, `(n, d)`. */
  encode(x: Float32Array, n: number): Uint8Array;
  /** Writes the vector of the code at byte `at`, `(d)`, into `out`. */
  decode(codes: Uint8Array, at: number, out: Float32Array): void;
  /** Fills f32 `(M, 16)` at `lut` for the query at x, f32 `(d)`. */
  fillLut(metric: Metric, x: Ptr, lut: Ptr): void;
}
