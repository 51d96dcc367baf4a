import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs `work` with the folder after `--dir` on the command line, else with a temporary one that is removed afterwards.
 * @template T
 * @param {(dir: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withPackedFolder(work) {
  const at = process.argv.indexOf('--dir');
  const given = at < 0 ? undefined : process.argv[at + 1];
  if (given) return work(given);
  const dir = mkdtempSync(join(realpathSync(tmpdir()), 'lutra-packed-'));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
