export { AtomicFile } from './node/atomic-file.js';
export { fileError } from './node/file-error.js';
