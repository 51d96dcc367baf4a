export type { ReadIndexFileOptions } from './node/read-index-file.js';
export { readIndexFile } from './node/read-index-file.js';
export type { WriteIndexFileOptions } from './node/write-index-file.js';
export { writeIndexFile } from './node/write-index-file.js';
