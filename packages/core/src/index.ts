export type {
  Ability,
  Backend,
  BackendProbe,
  BackendSupports,
  BuildContext,
  LoadContext,
  LoadTarget,
} from './backend.js';
export { BACKEND_SPEC_VERSION, defineBackend, isBackend } from './backend.js';
export type {
  ArrayListsData,
  BlockListsData,
  DirectMapData,
  FastScanFields,
  FlatData,
  IdMapData,
  IndexData,
  IndexHeader,
  InvertedListsData,
  IvfFields,
  IvfFlatData,
  IvfPqData,
  IvfPqFastScanData,
  MissingListsData,
  PqData,
  PqFastScanData,
  PreTransformData,
  ProductQuantizerData,
  RefineData,
} from './data.js';
export type { LutraErrorCode, LutraErrorDetails } from './errors.js';
export { assertNotAborted, isLutraError, LutraError } from './errors.js';
export type { Metric } from './metric.js';
export { FLT_MAX, isMetric, isSimilarity, METRICS, MISSING_LABEL, missingDistance } from './metric.js';
export type { RowRange, RowSource, Rows } from './rows.js';
export { isRowSource } from './rows.js';
export type { IdSelector } from './selector.js';
export type {
  AdditiveFastScanSpec,
  AdditiveNorm,
  AdditiveQuantizerSpec,
  CoarseSpec,
  CodecSpec,
  EdenSpec,
  FactorySpec,
  FlatPanoramaSpec,
  FlatSpec,
  HnswSpec,
  IdMapSpec,
  IvfSpec,
  LatticeSpec,
  LshSpec,
  NsgSpec,
  PqFastScanSpec,
  PqSpec,
  PreTransformSpec,
  RaBitQFastScanSpec,
  RaBitQSpec,
  RefineFlatSpec,
  RefinePanoramaSpec,
  RefineSpec,
  RowwiseMinMaxSpec,
  ScalarQuantizerSpec,
  ScalarQuantizerType,
  SpectralHashSpec,
  TransformSpec,
  TwoLayerSpec,
} from './spec.js';
export type {
  CenteringData,
  HadamardRotationData,
  ItqMatrixData,
  ItqTransformData,
  LinearFields,
  LinearTransformData,
  NormalizationData,
  PcaTransformData,
  RemapDimensionsData,
  TransformData,
  TransformHeader,
} from './transform-data.js';
export type {
  AddOptions,
  BackendRefusal,
  Progress,
  RangeSearchResult,
  SearchParameters,
  SearchResult,
  StoredParameters,
  TrainOptions,
  VectorIndex,
} from './vector-index.js';
