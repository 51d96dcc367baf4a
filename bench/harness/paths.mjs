import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the benchmarks. */
export const here = join(dirname(fileURLToPath(import.meta.url)), '..');
/** The checkout it belongs to. */
export const root = join(here, '..');
/** What is made or fetched: data, index files, bundles. Not committed. */
export const cache = join(here, '.cache');
