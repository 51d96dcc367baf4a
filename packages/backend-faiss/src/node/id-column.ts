import { LutraError } from '@lutra/core';

/** The caller's id of each position, or nothing as long as that is the position itself. */
export class IdColumn {
  #values: Float64Array | undefined;
  #size: number;
  /** Positions by rising id, the last of equal ones first; made at the first question. */
  #order: Float64Array | undefined;

  constructor(size: number, values?: Float64Array) {
    this.#size = size;
    this.#values = values;
  }

  get size(): number {
    return this.#size;
  }

  /** The ids, or undefined where they are the positions. */
  get values(): Float64Array | undefined {
    return this.#values?.subarray(0, this.#size);
  }

  at(position: number): number {
    return this.#values ? this.#values[position]! : position;
  }

  /** Appends `count` ids: those given, or the next numbers. */
  append(count: number, ids?: Float64Array): void {
    if (ids && !this.#values) this.#spellOut();
    const old = this.#values;
    if (old) {
      if (this.#size + count > old.length) {
        this.#values = new Float64Array(Math.max(this.#size + count, Math.ceil(old.length * 1.25)));
        this.#values.set(old.subarray(0, this.#size));
      }
      for (let i = 0; i < count; i++) this.#values![this.#size + i] = ids ? ids[i]! : this.#size + i;
    }
    this.#size += count;
    this.#order = undefined;
  }

  /** Keeps the entries whose byte in `mask` is 1. @param renumber - positions are ids and close up */
  keep(mask: Uint8Array, renumber: boolean): void {
    if (!renumber && !this.#values) this.#spellOut();
    if (this.#values) this.#values = this.values!.filter((_, i) => mask[i] === 1);
    this.#size = mask.reduce((sum, byte) => sum + byte, 0);
    this.#order = undefined;
  }

  clear(): void {
    this.#values = undefined;
    this.#size = 0;
    this.#order = undefined;
  }

  #spellOut(): void {
    this.#values = Float64Array.from({ length: this.#size }, (_, i) => i);
  }

  /** The position of an id, the last of several; undefined if it is not there. */
  find(id: number): number | undefined {
    if (!this.#values) return Number.isInteger(id) && id >= 0 && id < this.#size ? id : undefined;
    const values = this.#values;
    this.#order ??= Float64Array.from({ length: this.#size }, (_, i) => i).sort(
      (a, b) => values[a]! - values[b]! || b - a,
    );
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (values[this.#order[middle]!]! < id) low = middle + 1;
      else high = middle;
    }
    const position = this.#order[low];
    return position !== undefined && values[position] === id ? position : undefined;
  }
}

/**
 * The caller's ids as numbers, checked: as many as rows where that is known, each a safe integer of at least 0.
 * @throws LutraError `ARGUMENT` also when the index keeps no ids
 */
export function idsOf(
  ids: ArrayLike<number> | undefined,
  rows: number | undefined,
  keepsIds: boolean,
): Float64Array | undefined {
  if (ids === undefined) return undefined;
  if (!keepsIds) {
    const message = 'add: this index counts its vectors from 0 and keeps no ids; put IDMap in front of it';
    throw new LutraError('ARGUMENT', message, { argument: 'ids' });
  }
  if (rows !== undefined && ids.length !== rows) {
    throw new LutraError('SHAPE', `add: ${ids.length} ids for ${rows} rows`, {
      argument: 'ids',
      expected: `${rows}`,
      actual: `${ids.length}`,
    });
  }
  const out = new Float64Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (!Number.isSafeInteger(id) || id < 0) {
      const message = `add: id ${String(id)} at ${i} is not a whole number from 0 to 2^53 - 1`;
      throw new LutraError('ARGUMENT', message, { argument: 'ids', value: id });
    }
    out[i] = id;
  }
  return out;
}

/** Where ids are. @throws LutraError `ARGUMENT` for one that is not stored */
export function positionsOf(column: IdColumn, ids: ArrayLike<number>): Float64Array {
  const positions = new Float64Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    const position = column.find(id);
    if (position === undefined) {
      const message = `reconstruct: id ${String(id)} is not stored`;
      throw new LutraError('ARGUMENT', message, { argument: 'ids', value: id });
    }
    positions[i] = position;
  }
  return positions;
}
