export { type MiniBatchKmeansOptions, miniBatchKmeans, randPerm, ts } from '@lutra/backend-ts';
export type {
  AddOptions,
  Backend,
  BackendProbe,
  BackendRefusal,
  BackendSupports,
  BinaryIndex,
  BinaryParameters,
  BinaryRangeSearchResult,
  BinaryRows,
  BinarySearchParameters,
  BinarySearchResult,
  BinarySpec,
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
  type BinaryFactoryLike,
  type FactoryLike,
  flat,
  formatBinaryFactory,
  formatFactory,
  hadamardRotation,
  hnsw,
  itq,
  ivf,
  l2norm,
  opq,
  pad,
  parseBinaryFactory,
  parseFactory,
  pca,
  pq,
  randomRotation,
  sq,
} from '@lutra/factory';
export { type BinaryIndexFactoryOptions, binaryIndexFactory } from './binary-index-factory.js';
export { BINARY_EXAMPLE_D, type BinarySupportRow, binarySupportTable } from './binary-support-table.js';
export { copySubset, type ReconstructedResult, searchAndReconstruct, updateVectors } from './edit.js';
export { type IndexFactoryOptions, indexFactory } from './index-factory.js';
export { type BackendStatus, probeBackends } from './probe-backends.js';
export { loadBinaryIndex, readBinaryIndex } from './read-binary-index.js';
export { type IndexSource, type LoadIndexOptions, loadIndex, readIndex } from './read-index.js';
export { sampleRows } from './sample-rows.js';
export {
  type BuildSupport,
  type SupportRow,
  type SupportTableOptions,
  supportTable,
} from './support-table.js';
export { writeIndex } from './write-index.js';
