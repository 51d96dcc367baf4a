export { binarySpecFromData } from './binary/binary-spec-from-data.js';
export { type CheckedBinaryFactory, checkBinaryFactory } from './binary/check-binary-factory.js';
export { formatBinaryFactory } from './binary/format-binary-factory.js';
export { parseBinaryFactory } from './binary/parse-binary-factory.js';
export { type BinaryFactoryLike, toBinarySpec } from './binary/to-binary-spec.js';
export {
  eden,
  flat,
  flatPanorama,
  hadamardRotation,
  hnsw,
  imi,
  itq,
  ivf,
  l2norm,
  lattice,
  lscq,
  lsh,
  lsq,
  lsqFastScan,
  minMax,
  minMaxFp16,
  nsg,
  opq,
  pad,
  pca,
  plsq,
  plsqFastScan,
  pq,
  prq,
  prqFastScan,
  raBitQ,
  randomRotation,
  rcq,
  residual,
  residualMulti,
  rq,
  rqFastScan,
  sq,
} from './build.js';
export type {
  AdditiveFastScanOptions,
  AdditiveOptions,
  CodebookRun,
  EdenOptions,
  IvfPqOptions,
  PqOptions,
  RaBitQOptions,
} from './build-quantizer.js';
export { HnswBuilder, IndexBuilder, NsgBuilder } from './builder.js';
export type { IvfOptions, LshOptions, PcaOptions } from './builder-chain.js';
export { ChainBuilder } from './builder-chain.js';
export type { SpectralHashOptions } from './builder-ivf.js';
export { IvfBuilder } from './builder-ivf.js';
export type { CheckedFactory, FactoryTarget } from './check.js';
export { checkFactory } from './check.js';
export { describeFactory } from './describe.js';
export type { ExplainedFactory, ExplainedNode } from './explain/explain-factory.js';
export { explainFactory } from './explain/explain-factory.js';
export type { FactoryToken } from './facts.js';
export { formatFactory } from './format.js';
export { specFromData } from './from-data.js';
export type { GrammarGroup, GrammarToken } from './grammar/grammar-token.js';
export { GRAMMAR_EXAMPLE_D } from './grammar/grammar-token.js';
export { grammarTokens } from './grammar/grammar-tokens.js';
export { specKinds } from './kinds.js';
export { parseFactory } from './parse-factory.js';
export {
  ASSUMED_BYTES_PER_MS,
  type Recommendation,
  type RecommendBackend,
  type RecommendOptions,
  recommend,
} from './recommend/recommend.js';
export { RECOMMENDATION_SOURCES, type RecommendationSource } from './recommend/sources.js';
export type { SearchWork, StartParameters } from './recommend/work.js';
export type { FactoryLike } from './to-spec.js';
export { toSpec } from './to-spec.js';
