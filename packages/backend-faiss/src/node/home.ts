import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const live = new Set<Home>();

function removeAll(): void {
  for (const home of live) home.remove();
}

/** A folder for the files of one index, only this user's; removed at the latest when this process ends. */
export class Home {
  readonly dir: string;

  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'lutra-faiss-'));
    if (live.size === 0) process.on('exit', removeAll);
    live.add(this);
  }

  /** Idempotent. */
  remove(): void {
    if (!live.delete(this)) return;
    if (live.size === 0) process.off('exit', removeAll);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
