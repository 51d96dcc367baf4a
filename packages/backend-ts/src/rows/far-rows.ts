import { type FlatData, LutraError, type RowsInFile } from '@lutra/core';
import { RowFile } from './row-file.js';

/** Bytes of a block: address space at first, memory as it is filled. */
const BLOCK_BYTES = 64 * 2 ** 20;
/** Floats that are read at once where rows go from one place to another. */
const PASSING_FLOATS = 2 ** 18;

/** Rows in one place. */
interface Piece {
  /** Number of the first. */
  readonly first: number;
  rows: number;
  /** Rows that it has room for; as many as it holds where it is not our own. */
  readonly room: number;
  readonly at: Float32Array | RowFile;
}

/** Rows of float32 outside of kernel memory: in blocks, which other threads may share, and in files, which are only read. */
export class FarRows {
  readonly #d: number;
  readonly #shared: boolean;
  /** Arrays that may be kept as they are. */
  readonly #owned: WeakSet<ArrayBufferLike>;
  #pieces: Piece[] = [];
  /** Blocks to be filled next. */
  readonly #spare: Float32Array[] = [];
  #size = 0;

  /** @param shared - whether blocks are to be seen by other threads */
  constructor(d: number, { shared, owned }: { shared: boolean; owned: WeakSet<ArrayBufferLike> }) {
    this.#d = d;
    this.#shared = shared;
    this.#owned = owned;
  }

  /** Rows held. */
  get size(): number {
    return this.#size;
  }

  /** Takes the rows of `piece` in: where they are if they are in a file or ours, else a copy. */
  take(piece: Float32Array | RowsInFile): void {
    if ('rows' in piece) this.#push(new RowFile(piece, this.#d), piece.rows);
    else if (this.#owned.has(piece.buffer)) this.#push(piece, piece.length / this.#d);
    else this.append(piece);
  }

  #push(at: Float32Array | RowFile, rows: number, room = rows): void {
    this.#pieces.push({ first: this.#size, rows, room, at });
    this.#size += rows;
  }

  /**
   * Makes room for `n` rows more.
   * @throws LutraError `CAPACITY`; nothing has changed then
   */
  reserve(n: number): void {
    const last = this.#pieces.at(-1);
    const rows = Math.max(1, Math.floor(BLOCK_BYTES / (4 * this.#d)));
    const blocks: Float32Array[] = [];
    const room = (last ? last.room - last.rows : 0) + this.#spare.length * rows;
    for (let more = room; more < n; more += rows) blocks.push(this.#block(rows));
    this.#spare.push(...blocks);
  }

  #block(rows: number): Float32Array {
    const bytes = 4 * this.#d * rows;
    try {
      return new Float32Array(this.#shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
    } catch (cause) {
      const message = `refine: no memory for a further block of ${bytes} bytes, ${this.#size} rows are in such`;
      throw new LutraError('CAPACITY', message, { wanted: bytes, what: 'bytes of memory' }, { cause });
    }
  }

  /** Adds the rows of x, `(n, d)`; all or none. */
  append(x: Float32Array): void {
    const d = this.#d;
    const n = x.length / d;
    this.reserve(n);
    for (let done = 0; done < n; ) {
      let last = this.#pieces.at(-1);
      if (!last || last.rows === last.room) {
        const block = this.#spare.shift()!;
        this.#push(block, 0, block.length / d);
        last = this.#pieces.at(-1)!;
      }
      const rows = Math.min(n - done, last.room - last.rows);
      (last.at as Float32Array).set(x.subarray(done * d, (done + rows) * d), last.rows * d);
      last.rows += rows;
      this.#size += rows;
      done += rows;
    }
  }

  /** Writes rows `[from, from + n)`, which are in one piece or several, to `out`. */
  read(from: number, n: number, out: Float32Array): void {
    const d = this.#d;
    for (let done = 0; done < n; ) {
      const piece = this.#pieceOf(from + done);
      const at = from + done - piece.first;
      const rows = Math.min(n - done, piece.rows - at);
      const to = out.subarray(done * d, (done + rows) * d);
      if (piece.at instanceof Float32Array) to.set(piece.at.subarray(at * d, (at + rows) * d));
      else piece.at.read(new Uint8Array(to.buffer, to.byteOffset, to.byteLength), 4 * at * d);
      done += rows;
    }
  }

  /** Writes row `i` to `out` from index `to` on; a single one, quicker than {@link read}. */
  readRow(i: number, out: Float32Array, to: number): void {
    const d = this.#d;
    const { at, first } = this.#pieceOf(i);
    if (at instanceof RowFile) {
      at.read(new Uint8Array(out.buffer, out.byteOffset + 4 * to, 4 * d), 4 * (i - first) * d);
      return;
    }
    const from = (i - first) * d;
    out.set(at.subarray(from, from + d), to);
  }

  /** Writes row `i` of x, `(d)`; it must not be in a file. */
  #write(i: number, x: Float32Array): void {
    const piece = this.#pieceOf(i);
    (piece.at as Float32Array).set(x, (i - piece.first) * this.#d);
  }

  #pieceOf(i: number): Piece {
    let low = 0;
    let high = this.#pieces.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#pieces[middle]!.first <= i) low = middle;
      else high = middle;
    }
    return this.#pieces[low]!;
  }

  /**
   * Keeps row i where `keep[i]` is 1, in order. Rows that are in a file are read into memory for it.
   * @throws LutraError `CAPACITY`; nothing has changed then
   */
  retain(keep: Uint8Array): void {
    if (!keep.includes(0)) return;
    this.#bringIn();
    const row = new Float32Array(this.#d);
    let kept = 0;
    for (let i = 0; i < this.#size; i++) {
      if (keep[i] !== 1) continue;
      if (kept !== i) {
        this.read(i, 1, row);
        this.#write(kept, row);
      }
      kept++;
    }
    this.#truncate(kept);
  }

  #bringIn(): void {
    if (!this.#pieces.some(({ at }) => at instanceof RowFile)) return;
    const inside = new FarRows(this.#d, { shared: this.#shared, owned: this.#owned });
    inside.reserve(this.#size);
    for (const rows of this.passing()) inside.append(rows);
    this.close();
    this.#pieces = inside.#pieces;
  }

  #truncate(n: number): void {
    this.#pieces = this.#pieces.filter(({ first }) => first < n);
    const last = this.#pieces.at(-1);
    if (last) last.rows = n - last.first;
    this.#size = n;
  }

  /** All rows in order, some at a time; each lot holds until the next. */
  *passing(): Generator<Float32Array> {
    const rows = Math.max(1, Math.floor(PASSING_FLOATS / this.#d));
    const block = new Float32Array(Math.min(rows, this.#size) * this.#d);
    for (let i = 0; i < this.#size; i += rows) {
      const n = Math.min(rows, this.#size - i);
      this.read(i, n, block);
      yield block.subarray(0, n * this.#d);
    }
  }

  /** Where all of them are; views that hold until the next change. */
  toData(): (Float32Array | RowsInFile)[] {
    return this.#pieces.map(({ at, rows }) =>
      at instanceof RowFile ? at.place : at.subarray(0, rows * this.#d),
    );
  }

  /** Forgets all rows. */
  clear(): void {
    this.close();
    this.#pieces = [];
    this.#spare.length = 0;
    this.#size = 0;
  }

  /** Closes its files; their rows are not to be read any more. */
  close(): void {
    for (const { at } of this.#pieces) if (at instanceof RowFile) at.close();
  }
}

/** The rows of a flat index in order, wherever they are, some at a time; each lot holds until the next. */
export function* rowsOfFlat({ d, vectors, more = [] }: FlatData): Generator<Float32Array> {
  if (vectors.length > 0) yield vectors;
  for (const piece of more) {
    if (!('rows' in piece)) {
      yield piece;
      continue;
    }
    const file = new FarRows(d, { shared: false, owned: new WeakSet() });
    try {
      file.take(piece);
      yield* file.passing();
    } finally {
      file.close();
    }
  }
}
