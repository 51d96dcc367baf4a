// The packages of this checkout, from their sources.
import { pathToFileURL } from 'node:url';
import { bundle } from './bundle.mjs';
import { root } from './paths.mjs';

export const {
  exactSearch,
  latencyPercentiles,
  openNpyFile,
  openNpyFolder,
  readIndexFile,
  readNpyFile,
  readRows,
  recallAtK,
  writeIndexFile,
  writeNpyFile,
} = await import(pathToFileURL(await bundle(root)));
