import type { Ability, FactorySpec, TransformSpec } from '@lutra/core';

/** What an index of `spec` cannot do though the manifest says so: some transforms have no way back to reconstruct. */
export function lacks(spec: FactorySpec): readonly Ability[] {
  return reconstructs(spec) ? [] : ['reconstruct'];
}

function reconstructs(spec: FactorySpec): boolean {
  switch (spec.kind) {
    case 'IdMap':
    case 'IdMap2':
      return reconstructs(spec.base);
    case 'Refine':
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
