import { LutraError } from '@lutra/core';
import { assertInteger, shapeError } from '../checks.js';

/**
 * Labels that a search gave or should give, `(nq, k)` row-major, nearest first; -1 is a missing result. Every
 * `SearchResult` is one.
 */
export interface LabelTable {
  readonly labels: ArrayLike<number>;
  readonly nq: number;
  readonly k: number;
}

/** A {@link LabelTable} with its distances `(nq, k)`. */
export interface NeighbourTable extends LabelTable {
  readonly distances: ArrayLike<number>;
}

/** @throws LutraError `ARGUMENT`, `SHAPE` unless `table` holds nq · k labels, and as many distances where it has any */
export function assertTable(where: string, name: string, table: LabelTable & Partial<NeighbourTable>): void {
  const { nq, k, labels, distances } = table;
  assertInteger(where, `${name}.nq`, nq, 0);
  assertInteger(where, `${name}.k`, k, 1);
  const expected = `nq · k = ${nq} · ${k} elements`;
  if (labels?.length !== nq * k) throw shapeError(where, `${name}.labels`, expected, `${labels?.length}`);
  if (distances !== undefined && distances.length !== nq * k) {
    throw shapeError(where, `${name}.distances`, expected, `${distances.length}`);
  }
}

/** @throws LutraError unless both are tables of the same queries, and of at least one */
export function assertComparable(where: string, found: LabelTable, truth: LabelTable): void {
  assertTable(where, 'found', found);
  assertTable(where, 'truth', truth);
  if (found.nq !== truth.nq) {
    throw shapeError(where, 'truth', `${found.nq} queries as found has`, `${truth.nq}`);
  }
  if (found.nq === 0) {
    const expected = 'at least one query';
    throw new LutraError('ARGUMENT', `${where}: found must have ${expected}, got 0`, {
      argument: 'found',
      expected,
    });
  }
}

/** @throws LutraError `SHAPE` unless `table` has at least `columns` columns */
export function assertColumns(where: string, name: string, table: LabelTable, columns: number): void {
  if (table.k < columns) throw shapeError(where, name, `at least ${columns} columns`, `${table.k}`);
}

/** @throws LutraError `ARGUMENT` unless the table has distances */
export function assertDistances(
  where: string,
  name: string,
  table: LabelTable & Partial<NeighbourTable>,
): asserts table is NeighbourTable {
  if (table.distances !== undefined) return;
  const expected = 'distances beside its labels';
  throw new LutraError('ARGUMENT', `${where}: ${name} must have ${expected}`, { argument: name, expected });
}
