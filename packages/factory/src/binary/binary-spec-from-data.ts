import {
  type BinaryFlatSpec,
  type BinaryHnswSpec,
  type BinarySpec,
  type IndexData,
  LutraError,
} from '@lutra/core';

/**
 * The spec whose string builds a binary index like `data`.
 * @throws LutraError `UNSUPPORTED` for what no string builds
 */
export function binarySpecFromData(data: IndexData): BinarySpec {
  switch (data.kind) {
    case 'BinaryFlat':
      return { kind: data.kind };
    case 'BinaryHnsw':
      return { kind: data.kind, M: (data.hnsw.cumNneighborPerLevel[1] ?? 0) / 2 };
    case 'BinaryIvf':
      return { kind: data.kind, nlist: data.nlist, coarse: coarseOf(data.quantizer) };
    case 'BinaryHash':
      return { kind: data.kind, b: data.b };
    case 'BinaryMultiHash':
      return { kind: data.kind, nhash: data.maps.length, b: data.b };
    case 'BinaryIdMap':
    case 'BinaryIdMap2':
      return { kind: data.kind, base: binarySpecFromData(data.base) };
    default:
      throw unnamed(data.kind);
  }
}

function coarseOf(quantizer: IndexData): BinaryFlatSpec | BinaryHnswSpec {
  const spec = binarySpecFromData(quantizer);
  if (spec.kind === 'BinaryFlat' || spec.kind === 'BinaryHnsw') return spec;
  throw unnamed(`${quantizer.kind} as a quantizer`);
}

function unnamed(feature: string): LutraError {
  return new LutraError('UNSUPPORTED', `no binary factory string builds ${feature}`, {
    feature,
    by: 'faiss',
  });
}
