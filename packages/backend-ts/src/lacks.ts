import type { Ability, FactorySpec, TransformSpec } from '@lutra/core';

/** What an index of `spec` cannot do though the manifest says so: some transforms have no way back to reconstruct. */
export function lacks(spec: FactorySpec): readonly Ability[] {
  const without: Ability[] = reconstructs(spec) ? [] : ['reconstruct'];
  return changes(spec) ? without : [...without, 'removeIds', 'mergeFrom'];
}

/** Whether vectors can be taken out and put in from another index: not where a graph links them. */
function changes(spec: FactorySpec): boolean {
  switch (spec.kind) {
    case 'Hnsw':
      return false;
    case 'AdditiveQuantizer':
      return spec.quantizer !== 'RCQ';
    case 'IdMap':
    case 'IdMap2':
    case 'RefineFlat':
    case 'PreTransform':
      return changes(spec.base);
    case 'Refine':
    case 'RefinePanorama':
      return changes(spec.base) && changes(spec.refine);
    default:
      return true;
  }
}

function reconstructs(spec: FactorySpec): boolean {
  switch (spec.kind) {
    case 'Ivf':
      return spec.codec.kind !== 'SpectralHash';
    case 'RefineFlat':
      return true;
    case 'IdMap':
    case 'IdMap2':
      return reconstructs(spec.base);
    case 'Refine':
    case 'RefinePanorama':
      return reconstructs(spec.refine);
    case 'PreTransform':
      return spec.transforms.every(hasWayBack) && reconstructs(spec.base);
    default:
      return true;
  }
}

function hasWayBack(transform: TransformSpec): boolean {
  return transform.kind !== 'Itq' && !(transform.kind === 'Pca' && transform.whiten);
}
