export { formatFactory } from './format.js';
export { specFromData } from './from-data.js';
export { specKinds } from './kinds.js';
export { parseFactory } from './parse-factory.js';
