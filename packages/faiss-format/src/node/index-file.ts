import { closeSync, fstatSync, openSync, readSync, readvSync } from 'node:fs';
import { LutraError } from '@lutra/core';
import { fileError } from '@lutra/core/node';
import type { ByteSource } from '../bytes/reading.js';

/** The most bytes of one call to the file system. */
export const PIECE: number = 64 << 20;

/** A file to be read at positions, of any size. Every failure is a `LutraError` naming the path. */
export class IndexFile implements ByteSource {
  readonly size: number;
  /** When it was last changed, ms. */
  readonly changed: number;
  readonly #path: string;
  readonly #fd: number;
  #open = true;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#fd = openSync(path, 'r');
    } catch (e) {
      throw fileError(e, path);
    }
    try {
      const stats = fstatSync(this.#fd);
      // a folder opens like a file, and has a size
      if (stats.isDirectory()) readSync(this.#fd, new Uint8Array(1));
      this.size = stats.size;
      this.changed = stats.mtimeMs;
    } catch (e) {
      this.close();
      throw fileError(e, path);
    }
  }

  read(target: Uint8Array, offset: number): void {
    try {
      for (let at = 0; at < target.byteLength; ) {
        const length = Math.min(PIECE, target.byteLength - at);
        const n = readSync(this.#fd, target, at, length, offset + at);
        if (n === 0) this.#shrunk(offset + at);
        at += n;
      }
    } catch (e) {
      throw fileError(e, this.#path);
    }
  }

  /** Fills `targets` one after the other with what the file has from `offset` on, in one call where that gives all. */
  readRun(targets: readonly Uint8Array[], offset: number): void {
    let done = 0;
    try {
      done = readvSync(this.#fd, targets, offset);
    } catch (e) {
      throw fileError(e, this.#path);
    }
    let at = 0;
    for (const target of targets) {
      const have = Math.max(0, Math.min(target.byteLength, done - at));
      if (have < target.byteLength) this.read(target.subarray(have), offset + at + have);
      at += target.byteLength;
    }
  }

  #shrunk(at: number): never {
    throw new LutraError(
      'FORMAT',
      `${this.#path}: ended at offset ${at} while it was read, wanted ${this.size} bytes`,
      { format: 'faiss', offset: at, path: this.#path },
    );
  }

  /** Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
  }
}
