import { faiss } from './backend.js';

export { faiss } from './backend.js';
export type { FaissBackendOptions } from './options.js';
export default faiss;
