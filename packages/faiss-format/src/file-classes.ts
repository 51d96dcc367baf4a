import { KNOWN_FOURCCS } from './known-fourccs.js';
import { RECORD_BY_FOURCC } from './records/index-records.js';
import { TRANSFORM_FOURCCS } from './transforms/transform.js';

/**
 * faiss's classes of indexes and transforms that this package reads and writes, by the names that they have in
 * {@link KNOWN_FOURCCS}: an IndexRefineFlat is there as IndexRefine, an OPQMatrix as LinearTransform.
 */
export const FILE_CLASSES: ReadonlySet<string> = new Set(
  [...RECORD_BY_FOURCC.keys(), ...TRANSFORM_FOURCCS].map((f) => KNOWN_FOURCCS.get(f)?.className ?? f),
);
