export type { TsBackendOptions } from './backend.js';
export { ts } from './backend.js';
