export { compareCodePoints } from './code-point-order.js';
export type { NpyFile } from './node/npy-file.js';
export { openNpyFile, readNpyFile, readNpzFile } from './node/npy-file.js';
export type { NpyFolder, NpyFolderFile, NpyFolderOptions } from './node/npy-folder.js';
export { openNpyFolder } from './node/npy-folder.js';
export type { NpyWriterOptions } from './node/npy-writer.js';
export { NpyWriter, writeNpyFile, writeNpzFile } from './node/npy-writer.js';
