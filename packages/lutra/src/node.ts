export { readBinaryIndexFile } from './node/read-binary-index-file.js';
export { type ReadIndexFileOptions, readIndexFile } from './node/read-index-file.js';
export { type WriteIndexFileOptions, writeIndexFile } from './node/write-index-file.js';
