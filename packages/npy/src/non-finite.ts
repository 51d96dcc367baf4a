import { assertNotAborted, type Progress, type RowRange, type RowSource } from '@lutra/core';
import { checkRange } from './row-range.js';

/** An element that is NaN or infinite as float32. */
export interface NonFiniteElement {
  readonly row: number;
  readonly column: number;
  readonly value: number;
}

/** How many rows of a source hold NaN or infinities, and the first such element. */
export interface NonFiniteReport {
  readonly rows: number;
  readonly first?: NonFiniteElement;
}

export interface ScanOptions {
  /** `stage` is `scan`, counted in rows. */
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/** A source that refuses rows with NaN and infinities, and the same rows unchecked. */
export interface CheckedRowSource extends RowSource {
  readonly unchecked: RowSource;
}

/** Some rows of a source: those with finite elements only, in order. */
export interface FiniteRowSource extends RowSource {
  /** Rows left out, ascending, by their number in the source. */
  readonly dropped: readonly number[];
}

/**
 * Reads `source` once and counts its rows that hold NaN or infinities. float64 beyond the range of float32 counts too.
 * A source that refuses such rows by itself is read unchecked.
 * @throws LutraError `ABORTED`, and what the source throws
 */
export async function scanNonFinite(source: RowSource, options?: ScanOptions): Promise<NonFiniteReport> {
  let rows = 0;
  let first: NonFiniteElement | undefined;
  await eachNonFinite(source, options, (found) => {
    rows++;
    first ??= found;
  });
  return first ? { rows, first } : { rows };
}

/**
 * Reads `source` once and returns its rows without those that hold NaN or infinities; the source is read again for
 * the rows themselves, and must not change in between.
 * @throws LutraError `ABORTED`, and what the source throws
 */
export async function dropNonFinite(source: RowSource, options?: ScanOptions): Promise<FiniteRowSource> {
  const dropped: number[] = [];
  await eachNonFinite(source, options, ({ row }) => dropped.push(row));
  const [n, d] = source.shape;
  const shape: [number, number] = [n - dropped.length, d];
  return { shape, dropped, blocks: (range) => keptBlocks(unchecked(source), shape, dropped, range) };
}

/** Calls `report` with the first NaN or infinity of each row that has one. */
async function eachNonFinite(
  source: RowSource,
  options: ScanOptions | undefined,
  report: (element: NonFiniteElement) => void,
): Promise<void> {
  const [n, d] = source.shape;
  let row = 0;
  for await (const block of unchecked(source).blocks({ signal: options?.signal })) {
    const rows = block.length / d;
    if (!isFiniteBlock(block)) {
      for (let i = 0; i < rows; i++) {
        const found = nonFiniteOfRow(block, i * d, d);
        if (found >= 0) report({ row: row + i, column: found, value: block[i * d + found]! });
      }
    }
    row += rows;
    options?.onProgress?.({ stage: 'scan', done: row, total: n });
  }
}

function unchecked(source: RowSource): RowSource {
  return (source as Partial<CheckedRowSource>).unchecked ?? source;
}

/** Whether no element of `x` is NaN or infinite: `0 · x` is then 0 for each. */
export function isFiniteBlock(x: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * 0;
  return sum === 0;
}

/** Column of the first NaN or infinity of the `d` elements from `at` on, or -1. */
function nonFiniteOfRow(x: Float32Array, at: number, d: number): number {
  for (let j = 0; j < d; j++) if (!Number.isFinite(x[at + j]!)) return j;
  return -1;
}

async function* keptBlocks(
  source: RowSource,
  shape: readonly [n: number, d: number],
  dropped: readonly number[],
  range?: RowRange,
): AsyncGenerator<Float32Array> {
  const { start, end, blockRows, signal } = checkRange(shape, range);
  assertNotAborted(signal);
  if (start === end) return;
  const d = shape[1];
  const from = sourceRow(start, dropped);
  let next = from.skipped;
  let row = from.row;
  const wanted = { start: row, end: sourceRow(end - 1, dropped).row + 1, blockRows, signal };
  for await (const block of source.blocks(wanted)) {
    const first = row;
    row += block.length / d;
    const after = firstFrom(dropped, row, next);
    const kept = next === after ? block : without(block, d, dropped.slice(next, after), first);
    next = after;
    if (kept.length > 0) yield kept;
  }
}

/** Index of the first of the ascending `dropped` that is at least `row`, looking from `next` on. */
function firstFrom(dropped: readonly number[], row: number, next: number): number {
  let i = next;
  while (i < dropped.length && dropped[i]! < row) i++;
  return i;
}

/** A copy of `block`, whose first row is number `first`, without the rows `dropped`. */
function without(block: Float32Array, d: number, dropped: readonly number[], first: number): Float32Array {
  const out = new Float32Array(block.length - dropped.length * d);
  let from = 0;
  let to = 0;
  for (const row of dropped) {
    const piece = block.subarray(from, (row - first) * d);
    out.set(piece, to);
    to += piece.length;
    from = (row - first + 1) * d;
  }
  out.set(block.subarray(from), to);
  return out;
}

/** The row of the source that row `kept` of the rest is, and how many dropped rows come before it. */
function sourceRow(kept: number, dropped: readonly number[]): { row: number; skipped: number } {
  let low = 0;
  let high = dropped.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (dropped[middle]! - middle <= kept) low = middle + 1;
    else high = middle;
  }
  return { row: kept + low, skipped: low };
}
