import type { IndexData, Metric } from '@lutra/core';
import { encodedSize } from '../encode-index.js';
import { KNOWN_FOURCCS } from '../known-fourccs.js';
import { RECORD_BY_KIND } from '../records/index-records.js';
import { inspectTransform, type TransformTree } from './inspect-transform.js';
import { type ListStatistics, listStatistics } from './list-statistics.js';
import { nestedIndexes } from './own-bytes.js';
import { ownFacts, type Parameters } from './own-facts.js';
import {
  addBytes,
  asCentroids,
  NO_BYTES,
  type PartBytes,
  type PayloadBytes,
  withOverhead,
} from './part-bytes.js';

/** An index file in words and numbers: one node an index, the nested ones as children. */
export interface IndexTree {
  /** What the index is to its parent: `base`, `refine`, `quantizer`; `index` at the root. */
  readonly role: string;
  /** faiss's class name. */
  readonly className: string;
  readonly fourcc: string;
  readonly d: number;
  readonly ntotal: number;
  readonly isTrained: boolean;
  readonly metric: Metric;
  readonly parameters: Parameters;
  /** Bytes that one vector takes in this index and those below it, without ids and padding. */
  readonly codeSize: number;
  /** Bytes in the file of this index and those below it. */
  readonly bytes: PartBytes;
  /** For an IVF whose lists are in the file. */
  readonly lists?: ListStatistics;
  /** For a PreTransform, in order of use. */
  readonly transforms?: readonly TransformTree[];
  readonly children: readonly IndexTree[];
}

/** faiss's class of an index, as its file names it: `IndexIVFFlat`. */
export function classNameOf(data: IndexData): string {
  return nameOf(data).className;
}

/**
 * What an index consists of, as a tree.
 * @throws LutraError as `encodedSize` does, if `data` is not consistent
 */
export function inspectIndex(data: IndexData): IndexTree {
  return inspect(data, 'index');
}

function inspect(data: IndexData, role: string): IndexTree {
  const total = encodedSize(data);
  const own = ownFacts(data);
  const children = nestedIndexes(data).map(([childRole, child]) => inspect(child, childRole));
  const transforms = data.kind === 'PreTransform' ? data.transforms.map(inspectTransform) : undefined;
  let bytes: PayloadBytes = own.bytes;
  let codeSize = own.codeSize;
  for (const child of children) {
    const isCoarse = child.role === 'quantizer';
    bytes = addBytes(bytes, isCoarse ? asCentroids(child.bytes) : child.bytes);
    if (!isCoarse) codeSize += child.codeSize;
  }
  for (const transform of transforms ?? []) {
    bytes = addBytes(bytes, { ...NO_BYTES, transforms: transform.bytes });
  }
  const { d, ntotal, isTrained, metric } = data;
  const lists = 'invlists' in data ? listStatistics(data.invlists) : undefined;
  return {
    role,
    ...nameOf(data),
    d,
    ntotal,
    isTrained,
    metric,
    parameters: own.parameters,
    codeSize,
    bytes: withOverhead(bytes, total),
    ...(lists === undefined ? {} : { lists }),
    ...(transforms === undefined ? {} : { transforms }),
    children,
  };
}

function nameOf(data: IndexData): { className: string; fourcc: string } {
  const fourcc = RECORD_BY_KIND.get(data.kind)?.fourcc(data) ?? '';
  const className = KNOWN_FOURCCS.get(fourcc)?.className ?? data.kind;
  // faiss makes the Flat variant of it when it reads the file
  const isFlatRefine = data.kind === 'Refine' && data.refine.kind === 'Flat';
  return { className: isFlatRefine ? 'IndexRefineFlat' : className, fourcc };
}
