export { ListsFile } from './node/lists-file.js';
export type { ReadIndexFileOptions, ReadIndexFileSyncOptions } from './node/read-index-file.js';
export { readIndexFile, readIndexFileSync } from './node/read-index-file.js';
export type { WriteIndexFileOptions } from './node/write-index-file.js';
export { writeIndexFile } from './node/write-index-file.js';
