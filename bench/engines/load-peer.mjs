// A package out of the folder where it was installed on demand.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @param {{ folder: string }} peer */
export async function load({ folder }, name) {
  const at = join(folder, 'node_modules', name);
  const { main, exports, module } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'));
  // a package for bundlers alone, which Node finds no entry of
  if (!main && !exports && module) return import(pathToFileURL(join(at, module)));
  return createRequire(join(folder, 'package.json'))(name);
}
