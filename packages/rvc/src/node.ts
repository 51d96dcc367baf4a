export { type BlendFileOptions, blendFile } from './node/blend-file.js';
export type { RvcIndexFiles } from './node/index-build.js';
export { type ReportRvcOptions, type RvcReport, reportRvcIndex } from './node/report-rvc-index.js';
export type { RvcTrainReport, TrainRvcOptions } from './node/train-rvc-index.js';
export { trainRvcIndex } from './node/train-rvc-index.js';
export type { RvcMeasurement } from './node/tune-rvc-index.js';
