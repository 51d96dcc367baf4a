import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout, without a trailing separator. */
export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/[\\/]$/, '');

/** @param {string} path - relative to the checkout */
export const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** @returns {string} the pnpm version of the root `packageManager` field */
export function pinnedPnpm() {
  const pin = /^pnpm@(\d+\.\d+\.\d+)/.exec(readJson('package.json').packageManager);
  if (!pin) throw new Error('package.json: packageManager does not pin a pnpm version');
  return pin[1];
}
