import { type FileHandle, open, stat } from 'node:fs/promises';
import { LutraError } from '@lutra/core';
import { fileError } from '@lutra/core/node';
import type { ByteSource } from '../byte-source.js';
import { formatError } from '../fault.js';

/** The most that one read is asked for; the system's own limit is just below 2 GiB. */
const READ_BYTES = 1 << 30;

/**
 * Calls `use` with the bytes of the file at `path`, which is closed afterwards.
 * @throws LutraError `ARGUMENT` for a file that cannot be opened or is not a regular one
 */
export async function withFile<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const file = await openFile(path);
  try {
    return await use(file.source);
  } finally {
    await file.close();
  }
}

/** An open file as bytes. */
export interface OpenFile {
  readonly source: ByteSource;
  close(): Promise<void>;
}

export async function openFile(path: string): Promise<OpenFile> {
  let handle: FileHandle | undefined;
  try {
    // asked before opening: opening a pipe waits for its writer
    const { size } = await regularFile(path);
    const opened = await open(path, 'r');
    handle = opened;
    const origin = { name: path, path };
    return {
      source: { origin, size, read: (offset, into) => readAll(opened, path, offset, into) },
      close: () => opened.close(),
    };
  } catch (e) {
    await handle?.close();
    throw fileError(e, path);
  }
}

async function regularFile(path: string): Promise<{ size: number }> {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    const text = `npy: path wants a file name, not ${JSON.stringify(path) ?? String(path)}`;
    throw new LutraError('ARGUMENT', text, { argument: 'path', value: path });
  }
  const stats = await stat(path);
  if (stats.isFile()) return stats;
  const what = stats.isDirectory() ? 'is a folder, not a file' : 'is not a regular file';
  throw new LutraError('ARGUMENT', `${path}: ${what}`, { argument: 'path', path });
}

async function readAll(handle: FileHandle, path: string, offset: number, into: Uint8Array): Promise<void> {
  let done = 0;
  while (done < into.length) {
    const wanted = Math.min(into.length - done, READ_BYTES);
    const { bytesRead } = await handle.read(into, done, wanted, offset + done).catch((e: unknown) => {
      throw fileError(e, path);
    });
    if (bytesRead === 0) {
      const text = `${into.length} bytes wanted at offset ${offset}, found ${done}: the file has become shorter`;
      throw formatError({ name: path, path }, { field: 'data', offset }, text);
    }
    done += bytesRead;
  }
}
