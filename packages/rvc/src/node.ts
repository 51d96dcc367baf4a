export type { RvcIndexFiles, RvcTrainReport, TrainRvcOptions } from './node/train-rvc-index.js';
export { trainRvcIndex } from './node/train-rvc-index.js';
