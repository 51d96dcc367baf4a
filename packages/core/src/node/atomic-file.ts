import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from './file-error.js';

/**
 * A file that appears under its name whole or not at all: written under a temporary name beside it, then synced and
 * renamed by {@link commit}. {@link abort} removes what was written. Every failure is a `LutraError` naming the path.
 */
export class AtomicFile {
  readonly path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  #position = 0;
  #open = true;

  private constructor(path: string, temporary: string, handle: FileHandle) {
    this.path = path;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /** @throws LutraError `ARGUMENT` for an unwritable path, `CAPACITY` for a full disk */
  static async create(path: string): Promise<AtomicFile> {
    const name = `.${basename(path)}.${randomBytes(4).toString('hex')}.tmp`;
    const temporary = join(dirname(path), name);
    try {
      return new AtomicFile(path, temporary, await open(temporary, 'wx'));
    } catch (e) {
      throw fileError(e, path);
    }
  }

  /** Bytes appended so far. */
  get size(): number {
    return this.#position;
  }

  /** Appends `bytes`; one call at a time. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.writeAt(bytes, this.#position);
    this.#position += bytes.byteLength;
  }

  /** Writes `bytes` at byte `position` without moving the end, to fix up a header. */
  async writeAt(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    try {
      while (done < bytes.byteLength) {
        const length = Math.min(bytes.byteLength - done, 1 << 30);
        const { bytesWritten } = await this.#handle.write(bytes, done, length, position + done);
        done += bytesWritten;
      }
    } catch (e) {
      throw fileError(e, this.path);
    }
  }

  /** Syncs, closes and renames to the final name; on failure nothing stays. */
  async commit(): Promise<void> {
    try {
      await this.#handle.sync();
      this.#open = false;
      await this.#handle.close();
      await rename(this.#temporary, this.path);
    } catch (e) {
      await this.abort();
      throw fileError(e, this.path);
    }
  }

  /** Closes and removes the temporary file; idempotent, never throws. */
  async abort(): Promise<void> {
    try {
      if (this.#open) {
        this.#open = false;
        await this.#handle.close();
      }
    } catch {
      // the handle is gone either way
    }
    await rm(this.#temporary, { force: true }).catch(() => undefined);
  }
}
