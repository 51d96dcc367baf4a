import { LutraError } from '@lutra/core';
import { AtomicFile } from '@lutra/core/node';
import { fortranToC } from '../axis-order.js';
import { type DtypeInfo, dtypeInfo, dtypeOf, type NpyData, type NpyDtype } from '../dtype.js';
import { encodeElements } from '../elements.write.js';
import { argumentError } from '../fault.js';
import { formatHeader } from '../header.write.js';
import { checkArray, type NpyArrayInit } from '../npy-array.js';
import { encodeNpz } from '../npz.js';

/** Elements converted at a time: what does not fit the file's dtype is not doubled in memory. */
const PIECE = 1 << 20;

export interface NpyWriterOptions {
  /** Elements a row, ≥ 1. */
  d: number;
  /** Type of the file, `<f4` unless told. */
  dtype?: NpyDtype;
}

/**
 * Writes rows to an `.npy` file as they come; how many there will be need not be known. The file appears under its name
 * by {@link close}, whole, and is then the one that NumPy's `save` would have written. A failed write aborts it.
 */
export class NpyWriter {
  readonly path: string;
  readonly #file: AtomicFile;
  readonly #d: number;
  readonly #info: DtypeInfo;
  #rows = 0;
  #state: 'open' | 'busy' | 'closed' = 'open';

  private constructor(file: AtomicFile, d: number, info: DtypeInfo) {
    this.path = file.path;
    this.#file = file;
    this.#d = d;
    this.#info = info;
  }

  /** @throws LutraError `ARGUMENT` for a path that cannot be written, a bad `d` or dtype; `CAPACITY` for a full disk */
  static async create(path: string, { d, dtype = '<f4' }: NpyWriterOptions): Promise<NpyWriter> {
    assertPath(path);
    if (!Number.isSafeInteger(d) || d < 1) throw argumentError('d', `wants a whole number ≥ 1, not ${d}`, d);
    const info = dtypeInfo(dtype);
    const file = await AtomicFile.create(path);
    const writer = new NpyWriter(file, d, info);
    await writer.#during(() => file.write(writer.#header()));
    return writer;
  }

  /** Rows written so far. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Appends `block`, `(rows, d)` row-major, converted to the file's dtype; borrowed until the promise settles.
   * @throws LutraError `SHAPE` if its length is no multiple of d, `ARGUMENT` for a value that the dtype cannot hold,
   *   `STATE` before the last write has settled or after the end, `CAPACITY` for a full disk
   */
  async write(block: NpyData): Promise<void> {
    this.#assertOpen();
    dtypeOf(block);
    if (block.length % this.#d !== 0) {
      const text = `${this.path}: a block of ${block.length} elements is not whole rows of ${this.#d}`;
      const details = {
        argument: 'block',
        expected: `(rows, ${this.#d})`,
        actual: `${block.length}`,
        path: this.path,
      };
      throw new LutraError('SHAPE', text, details);
    }
    await this.#during(() => writeElements(this.#file, block, this.#info));
    this.#rows += block.length / this.#d;
  }

  /** Puts the number of rows into the header, syncs, and gives the file its name. */
  async close(): Promise<void> {
    this.#assertOpen();
    await this.#during(async () => {
      await this.#file.writeAt(this.#header(), 0);
      await this.#file.commit();
    });
    this.#state = 'closed';
  }

  /** Removes what was written; idempotent, never throws. After {@link close} it does nothing. */
  async abort(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    await this.#file.abort();
  }

  /** Its length is the same for every number of rows. */
  #header(): Uint8Array {
    return formatHeader({ dtype: this.#info.dtype, shape: [this.#rows, this.#d], fortranOrder: false });
  }

  #assertOpen(): void {
    if (this.#state === 'open') return;
    throw new LutraError('STATE', `${this.path}: the writer is ${this.#state}`, { state: this.#state });
  }

  async #during(act: () => Promise<void>): Promise<void> {
    this.#state = 'busy';
    try {
      await act();
      if (this.#state === 'busy') this.#state = 'open';
    } catch (e) {
      await this.abort();
      throw e;
    }
  }
}

/**
 * Writes `array` to the file at `path`, which appears whole or not at all.
 * @throws LutraError `ARGUMENT` for a path that cannot be written or a value that the dtype cannot hold, `SHAPE`,
 *   `CAPACITY` for a full disk
 */
export async function writeNpyFile(path: string, array: NpyArrayInit): Promise<void> {
  const { shape, data, info, fortranOrder } = checkArray(array);
  const header = formatHeader({ dtype: info.dtype, shape, fortranOrder });
  await writeWhole(path, async (file) => {
    await file.write(header);
    await writeElements(file, fortranOrder ? fortranToC(data, [...shape].reverse()) : data, info);
  });
}

/** Writes `arrays` to the `.npz` file at `path`, as `encodeNpz` does; it appears whole or not at all. */
export async function writeNpzFile(
  path: string,
  arrays: Parameters<typeof encodeNpz>[0],
  options?: { compress?: boolean },
): Promise<void> {
  const bytes = encodeNpz(arrays, options);
  await writeWhole(path, (file) => file.write(bytes));
}

async function writeWhole(path: string, write: (file: AtomicFile) => Promise<void>): Promise<void> {
  assertPath(path);
  const file = await AtomicFile.create(path);
  try {
    await write(file);
  } catch (e) {
    await file.abort();
    throw e;
  }
  await file.commit();
}

async function writeElements(file: AtomicFile, data: NpyData, info: DtypeInfo): Promise<void> {
  for (let i = 0; i < data.length; i += PIECE) {
    await file.write(encodeElements(data.subarray(i, i + PIECE), info));
  }
}

function assertPath(path: string): void {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return;
  throw argumentError('path', `wants a file name, not ${JSON.stringify(path) ?? String(path)}`, path);
}
