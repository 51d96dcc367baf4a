export type { BlendOptions, BlendResult } from './blend.js';
export { blendFeatures } from './blend.js';
export type { RvcRules, RvcVersion } from './rules.js';
export {
  FEATURE_DIMENSIONS,
  factoryFor,
  featureFolderName,
  indexFileName,
  listCount,
  REDUCE_ABOVE,
  REDUCED_ROWS,
  RVC_RULES,
  versionFor,
} from './rules.js';
