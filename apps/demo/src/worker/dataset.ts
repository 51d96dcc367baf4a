import type { DatasetInfo, Part, QueryRef } from '../protocol.js';

/** A set of vectors that an index is built of, and what is known about it. */
export interface Dataset {
  readonly info: DatasetInfo;
  /** `(n, d)`. */
  readonly rows: Float32Array;
  /** `(·, d)`: vectors to ask with that are not among the rows. */
  readonly heldOut: Float32Array | undefined;
  /** The label of each row in the index; undefined where labels are row numbers. */
  readonly ids: Float64Array | undefined;
}

/** The vector that a query stands for. */
export function vectorOf({ rows, heldOut, info: { d } }: Dataset, { from, row }: QueryRef): Float32Array {
  const source = from === 'rows' ? rows : heldOut!;
  return source.slice(row * d, (row + 1) * d);
}

/** The part that a row is in, and the row's place there. */
export function placeOf(parts: readonly Part[], row: number): { part: Part; at: number } | undefined {
  const part = parts.findLast(({ start }) => start <= row);
  return part && row < part.start + part.rows ? { part, at: row - part.start } : undefined;
}

/** Parts one after another, from their names and rows. */
export function partsOf(named: readonly (readonly [name: string, rows: number])[]): Part[] {
  let start = 0;
  return named.map(([name, rows]) => {
    const part = { name, start, rows };
    start += rows;
    return part;
  });
}

/** The factory string that is proposed for a set: 4-bit codes in lists, refined, where there are rows enough. */
export function suggestionFor(n: number, d: number): string {
  const nlist = Math.floor(Math.min(8 * Math.sqrt(n), n / 39));
  if (nlist < 4) return 'Flat';
  const M = Math.max(1, Math.floor(d / 2));
  return d % M === 0 ? `IVF${nlist},PQ${M}x4fs,RFlat` : `IVF${nlist},Flat`;
}
