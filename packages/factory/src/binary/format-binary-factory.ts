import type { BinarySpec } from '@lutra/core';
import { int, refuse } from '../format-fields.js';

/**
 * The string of a tree of {@link parseBinaryFactory}; an IDMap is written in front.
 * @throws LutraError `ARGUMENT` for numbers that a string cannot hold, or what is no spec
 */
export function formatBinaryFactory(spec: BinarySpec): string {
  switch (spec.kind) {
    case 'BinaryFlat':
      return 'BFlat';
    case 'BinaryIvf': {
      const graph = spec.coarse.kind === 'BinaryHnsw' ? `_HNSW${int(spec.coarse.M, 'M')}` : '';
      return `BIVF${int(spec.nlist, 'nlist')}${graph}`;
    }
    case 'BinaryHnsw':
      return `BHNSW${int(spec.M, 'M')}`;
    case 'BinaryHash':
      return `BHash${int(spec.b, 'b')}`;
    case 'BinaryMultiHash':
      return `BHash${int(spec.nhash, 'nhash')}x${int(spec.b, 'b')}`;
    case 'BinaryIdMap':
      return `IDMap,${formatBinaryFactory(spec.base)}`;
    case 'BinaryIdMap2':
      return `IDMap2,${formatBinaryFactory(spec.base)}`;
    default:
      return refuse('spec', (spec as { kind?: unknown }).kind, 'a binary index');
  }
}
