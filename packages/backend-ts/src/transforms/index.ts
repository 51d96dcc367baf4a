export { createTransform } from './create-transform.js';
export { loadTransform } from './load-transform.js';
export type {
  PqTools,
  PqTrainOptions,
  VectorTransform,
} from './vector-transform.js';
