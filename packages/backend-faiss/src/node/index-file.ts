import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type IndexData, LutraError } from '@lutra/core';
import { decodeIndex, encodeChunks } from '@lutra/faiss-format';

const PIECE = 1 << 30;

/** The index in a file that this package wrote; blocks until it is read. */
export function readIndexSync(path: string): IndexData {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const bytes = allocate(size);
    for (let at = 0; at < size; ) {
      const read = readSync(fd, bytes, at, Math.min(PIECE, size - at), at);
      if (read === 0) break;
      at += read;
    }
    return decodeIndex(bytes, { path, inPlace: true });
  } finally {
    closeSync(fd);
  }
}

function allocate(size: number): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    const message = `no memory for an index of ${size} bytes`;
    throw new LutraError('CAPACITY', message, { what: 'index', wanted: size }, { cause });
  }
}

/** Writes an index; blocks until it is done. A file of this package's own: nobody else reads it half-written. */
export function writeIndexSync(path: string, data: IndexData): void {
  const chunks = encodeChunks(data);
  const fd = openSync(path, 'w');
  try {
    for (const chunk of chunks) writeAll(fd, chunk);
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, Math.min(PIECE, bytes.length - at));
}

/** {@link writeIndexSync} that lets the event loop turn between chunks. */
export async function writeIndexAsync(path: string, data: IndexData): Promise<void> {
  const chunks = encodeChunks(data);
  const file = await open(path, 'w');
  try {
    for (const chunk of chunks) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}
