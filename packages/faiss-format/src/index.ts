export type { DecodeOptions } from './decode-index.js';
export { decodeIndex } from './decode-index.js';
export { encodeChunks, encodedSize, encodeIndex } from './encode-index.js';
