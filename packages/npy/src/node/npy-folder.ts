import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNotAborted, LutraError, type RowRange, type RowSource } from '@lutra/core';
import { fileError } from '@lutra/core/node';
import { compareCodePoints } from '../code-point-order.js';
import { argumentError } from '../fault.js';
import type { ReadOptions } from '../header.read.js';
import {
  type CheckedRowSource,
  dropNonFinite,
  isFiniteBlock,
  type ScanOptions,
  scanNonFinite,
} from '../non-finite.js';
import { checkRange, type RowsOptions, readRows } from '../row-range.js';
import { type NpyFile, openNpyFile } from './npy-file.js';

/** A file of a folder and its share of the rows. */
export interface NpyFolderFile {
  readonly name: string;
  /** Rows that it gives. */
  readonly rows: number;
  /** Rows left out for NaN or infinities; 0 unless the folder was opened with `nonFinite: 'drop'`. */
  readonly dropped: number;
}

/** The rows of all files of a folder, one after the other, in the order of `files`. */
export interface NpyFolder extends CheckedRowSource {
  readonly path: string;
  /** In order of their names by Unicode code point. */
  readonly files: readonly NpyFolderFile[];
  /** All rows of the folder as they are, NaN or not. */
  readonly unchecked: RowSource;
  /** The rows `[start, end)`, `(end - start, d)` row-major, in fresh memory. */
  readRows(start: number, end: number, options?: { signal?: AbortSignal }): Promise<Float32Array>;
}

export interface NpyFolderOptions extends ReadOptions, RowsOptions, ScanOptions {
  /** Which files of the folder count, by name; those that end in `.npy` unless told. */
  filter?: (name: string) => boolean;
  /**
   * Rows with NaN or infinities: `refuse` (unless told; the reader of the rows gets the error), `drop` them (the folder
   * is then read once to find them, before this returns), or `keep` them.
   */
  nonFinite?: 'refuse' | 'drop' | 'keep';
}

/**
 * The rows of every `.npy` file of the folder at `path` as one source of float32 rows. Headers are read now, rows
 * when they are asked for.
 * @throws LutraError `ARGUMENT` for a folder that cannot be read or holds no such file, `SHAPE` for files of different
 *   dimensions, and for each file what `openNpyFile` throws. While reading: `ARGUMENT` for rows with NaN or infinities,
 *   with their number and the first one's file, row and column
 */
export async function openNpyFolder(path: string, options: NpyFolderOptions = {}): Promise<NpyFolder> {
  const { nonFinite = 'refuse', signal } = options;
  if (!['refuse', 'drop', 'keep'].includes(nonFinite)) {
    throw argumentError('nonFinite', `wants 'refuse', 'drop' or 'keep', not ${String(nonFinite)}`, nonFinite);
  }
  const names = await listFiles(path, options);
  const files: NpyFile[] = [];
  for (const name of names) {
    assertNotAborted(signal);
    files.push(await openNpyFile(join(path, name), options));
    assertSameDimension(path, names, files);
  }
  const all = new FolderRows(path, names, files);
  if (nonFinite === 'keep') return folder(all, all, all.files());
  if (nonFinite === 'refuse') return folder(all, new RefusingRows(all), all.files());
  const kept = await dropNonFinite(all, options);
  return folder(all, kept, all.files(kept.dropped));
}

async function listFiles(path: string, options: NpyFolderOptions): Promise<string[]> {
  const filter = options.filter ?? ((name: string): boolean => name.endsWith('.npy'));
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw argumentError('path', `wants a folder name, not ${JSON.stringify(path) ?? String(path)}`, path);
  }
  const all = await readdir(path).catch((e: unknown) => {
    throw fileError(e, path);
  });
  const names = all.filter((name) => filter(name)).sort(compareCodePoints);
  if (names.length > 0) return names;
  const what = options.filter ? 'file that passes the filter' : '.npy file';
  const text = all.length === 0 ? 'is an empty folder' : `has no ${what} among ${all.length} entries`;
  throw new LutraError('ARGUMENT', `${path}: ${text}`, { argument: 'path', path });
}

function assertSameDimension(path: string, names: readonly string[], files: readonly NpyFile[]): void {
  const d = files[0]!.shape[1];
  const last = files.length - 1;
  const found = files[last]!.shape[1];
  if (found === d) return;
  const text = `${path}: ${names[0]} has d ${d}, ${names[last]} has d ${found}`;
  throw new LutraError('SHAPE', text, {
    expected: `(n, ${d})`,
    actual: `(n, ${found})`,
    path: files[last]!.path,
  });
}

function folder(all: FolderRows, rows: RowSource, files: readonly NpyFolderFile[]): NpyFolder {
  return {
    path: all.path,
    files,
    shape: rows.shape,
    unchecked: all,
    blocks: (range) => rows.blocks(range),
    readRows: (start, end, options) => readRows(rows, start, end, options),
  };
}

/** The files one after the other; a block never spans two of them. */
class FolderRows implements RowSource {
  readonly shape: readonly [n: number, d: number];
  readonly path: string;
  readonly #names: readonly string[];
  readonly #files: readonly NpyFile[];
  /** Row at which each file starts, and the number of rows at the end. */
  readonly #starts: number[] = [0];

  constructor(path: string, names: readonly string[], files: readonly NpyFile[]) {
    this.path = path;
    this.#names = names;
    this.#files = files;
    for (const file of files) this.#starts.push(this.#starts.at(-1)! + file.shape[0]);
    this.shape = [this.#starts.at(-1)!, files[0]!.shape[1]];
  }

  async *blocks(range?: RowRange): AsyncGenerator<Float32Array> {
    const { start, end, blockRows, signal } = checkRange(this.shape, range);
    assertNotAborted(signal);
    for (const [i, file] of this.#files.entries()) {
      const first = this.#starts[i]!;
      const from = Math.max(start, first);
      const to = Math.min(end, this.#starts[i + 1]!);
      if (from < to) yield* file.blocks({ start: from - first, end: to - first, blockRows, signal });
    }
  }

  files(dropped: readonly number[] = []): NpyFolderFile[] {
    const counts = new Array<number>(this.#files.length).fill(0);
    for (const row of dropped) counts[this.fileOf(row)]!++;
    return this.#names.map((name, i) => {
      return { name, rows: this.#files[i]!.shape[0] - counts[i]!, dropped: counts[i]! };
    });
  }

  fileOf(row: number): number {
    let low = 0;
    let high = this.#files.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle + 1]! <= row) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Name of the file that row `row` is in, and its number there. */
  locate(row: number): { name: string; path: string; row: number } {
    const i = this.fileOf(row);
    return { name: this.#names[i]!, path: this.#files[i]!.path, row: row - this.#starts[i]! };
  }
}

/** Throws where a block holds NaN or infinities, after counting them all for the message. */
class RefusingRows implements RowSource {
  readonly shape: readonly [n: number, d: number];
  readonly #all: FolderRows;

  constructor(all: FolderRows) {
    this.#all = all;
    this.shape = all.shape;
  }

  async *blocks(range?: RowRange): AsyncGenerator<Float32Array> {
    for await (const block of this.#all.blocks(range)) {
      if (!isFiniteBlock(block)) throw await this.#refusal(range?.signal);
      yield block;
    }
  }

  async #refusal(signal: AbortSignal | undefined): Promise<LutraError> {
    const { rows, first } = await scanNonFinite(this.#all, { signal });
    const { row, column, value } = first!;
    const place = this.#all.locate(row);
    const count = `${rows} of ${this.shape[0]} rows hold NaN or infinities`;
    const text = `${this.#all.path}: ${count}, the first is ${value} in ${place.name}, row ${place.row}, column ${column}`;
    return new LutraError('ARGUMENT', text, { argument: 'path', value, path: place.path });
  }
}
