import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const inUse = new Set<string>();

/** A new folder that is gone when the process ends, if it was not removed before. */
export function makeTemporaryFolder(parent: string = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'lutra-lancedb-'));
  if (inUse.size === 0) process.once('exit', removeAll);
  inUse.add(folder);
  return folder;
}

export function removeTemporaryFolder(folder: string): void {
  // a search that is under way may still write its cache
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  inUse.delete(folder);
  if (inUse.size === 0) process.off('exit', removeAll);
}

function removeAll(): void {
  for (const folder of inUse) rmSync(folder, { recursive: true, force: true });
}
