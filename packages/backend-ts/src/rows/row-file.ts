import { LutraError, type RowsInFile } from '@lutra/core';

/** The part of Node's `fs` that is used here. */
interface NodeFs {
  openSync(path: string, flags: 'r'): number;
  fstatSync(fd: number): { readonly size: number; readonly mtimeMs: number };
  readSync(fd: number, target: Uint8Array, at: number, length: number, position: number): number;
  closeSync(fd: number): void;
}

/** `node:fs`, asked for at run time, as an import would be followed by bundlers for browsers. */
function nodeFs(): NodeFs {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } };
  const fs = process?.getBuiltinModule?.('node:fs') as NodeFs | undefined;
  if (fs) return fs;
  throw new LutraError('UNSUPPORTED', 'vectors that are left in a file are read in Node alone', {
    feature: 'vectors in a file',
    by: 'ts',
  });
}

/** Closes the files of indexes that nobody disposed of. */
const forgotten = new FinalizationRegistry<number>((fd) => nodeFs().closeSync(fd));

/** Rows of float32 in a file, read at positions; the file is open until {@link close}. */
export class RowFile {
  readonly place: RowsInFile;
  readonly #fs: NodeFs;
  #fd: number | undefined;

  /**
   * @param d - floats a row
   * @throws LutraError `ARGUMENT` if the file cannot be opened, `FORMAT` if it is not the one that the rows were in
   */
  constructor(place: RowsInFile, d: number) {
    this.place = place;
    this.#fs = nodeFs();
    const fd = this.#attempt(() => this.#fs.openSync(place.path, 'r'));
    this.#fd = fd;
    forgotten.register(this, fd, this);
    const { size, mtimeMs } = this.#attempt(() => this.#fs.fstatSync(fd));
    const same = size === place.size && mtimeMs === place.changed;
    if (same && place.offset + 4 * d * place.rows <= size) return;
    this.close();
    throw failed(
      place,
      'FORMAT',
      `has changed since its index was read: ${place.size} bytes then, ${size} now`,
    );
  }

  /** Fills `target` with what the file has from `offset` on, in bytes from its first row. */
  read(target: Uint8Array, offset: number): void {
    const fd = this.#fd;
    if (fd === undefined) throw failed(this.place, 'FORMAT', 'is closed');
    for (let at = 0; at < target.byteLength; ) {
      const from = this.place.offset + offset + at;
      const n = this.#attempt(() => this.#fs.readSync(fd, target, at, target.byteLength - at, from));
      if (n === 0) throw failed(this.place, 'FORMAT', `ends at ${from} of ${this.place.size} bytes`);
      at += n;
    }
  }

  close(): void {
    if (this.#fd === undefined) return;
    forgotten.unregister(this);
    this.#fs.closeSync(this.#fd);
    this.#fd = undefined;
  }

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw failed(this.place, 'ARGUMENT', `cannot be read: ${(cause as Error).message}`, cause);
    }
  }
}

function failed(
  { path }: RowsInFile,
  code: 'ARGUMENT' | 'FORMAT',
  what: string,
  cause?: unknown,
): LutraError {
  const message = `refine: ${path} ${what}`;
  return code === 'ARGUMENT'
    ? new LutraError(code, message, { argument: 'path', value: path }, { cause })
    : new LutraError(code, message, { format: 'faiss', path });
}
