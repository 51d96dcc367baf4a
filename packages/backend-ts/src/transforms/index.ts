export { createTransform } from './create-transform.js';
export { loadTransform } from './load-transform.js';
export type {
  PqTools,
  PqTrainOptions,
  TrainContext,
  TransformOptions,
  VectorTransform,
} from './vector-transform.js';
