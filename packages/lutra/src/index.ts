export { type MiniBatchKmeansOptions, miniBatchKmeans, randPerm, ts } from '@lutra/backend-ts';
export type {
  AddOptions,
  Backend,
  BackendProbe,
  BackendRefusal,
  BackendSupports,
  BuildContext,
  FactorySpec,
  IdSelector,
  IndexData,
  LoadContext,
  LutraErrorCode,
  LutraErrorDetails,
  Metric,
  Progress,
  RangeSearchResult,
  RowRange,
  RowSource,
  Rows,
  SearchParameters,
  SearchResult,
  StoredParameters,
  TrainOptions,
  VectorIndex,
} from '@lutra/core';
export { defineBackend, isLutraError, LutraError } from '@lutra/core';
export {
  type FactoryLike,
  flat,
  formatFactory,
  hadamardRotation,
  hnsw,
  itq,
  ivf,
  l2norm,
  opq,
  pad,
  parseFactory,
  pca,
  pq,
  randomRotation,
  sq,
} from '@lutra/factory';
export { copySubset, type ReconstructedResult, searchAndReconstruct, updateVectors } from './edit.js';
export { type IndexFactoryOptions, indexFactory } from './index-factory.js';
export { type BackendStatus, probeBackends } from './probe-backends.js';
export { type LoadIndexOptions, loadIndex, readIndex } from './read-index.js';
export { sampleRows } from './sample-rows.js';
export {
  type BuildSupport,
  type SupportRow,
  type SupportTableOptions,
  supportTable,
} from './support-table.js';
export { writeIndex } from './write-index.js';
