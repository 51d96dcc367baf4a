// A data set in whole numbers of a byte, for quantizers that take components as they are.
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { openNpyFile, readRows, writeNpyFile } from '../harness/libraries.mjs';
import { cache } from '../harness/paths.mjs';

/** Of the components' spread, so much on each side of the middle is told apart; the rest is cut off. */
const DEVIATIONS = 4;

/**
 * Files of the rows and queries of `set`, shifted and stretched alike to 0 … 255 (`u8`) or -128 … 127 (`s8`) and rounded.
 * @returns {Promise<{ base: string, queries: string }>}
 */
export async function asBytes(set, kind) {
  const path = (what) => join(cache, 'data', `${set.name}-${set.key}-${set.nq}-${kind}-${what}.npy`);
  const files = { base: path('base'), queries: path('queries') };
  if (existsSync(files.queries)) return files;
  const base = await readRows(await openNpyFile(set.base), 0, set.n);
  const queries = await readRows(await openNpyFile(set.queries), 0, set.nq);
  let [sum, squares] = [0, 0];
  for (const v of base) {
    sum += v;
    squares += v * v;
  }
  const mean = sum / base.length;
  const step = (2 * DEVIATIONS * Math.sqrt(squares / base.length - mean * mean)) / 255;
  const low = kind === 's8' ? -128 : 0;
  const rounded = (x) =>
    x.map((v) => Math.min(low + 255, Math.max(low, Math.round((v - mean) / step + 127.5 + low))));
  for (const [name, x] of [
    ['base', base],
    ['queries', queries],
  ]) {
    const partial = `${files[name]}.partial.npy`;
    await writeNpyFile(partial, { shape: [x.length / set.d, set.d], data: rounded(x) });
    renameSync(partial, files[name]);
  }
  return files;
}
