import type { FactorySpec, TransformSpec } from '@lutra/core';

const L2_NORM: TransformSpec = { kind: 'L2Norm' };

/**
 * `spec` over vectors scaled to length 1, so that inner products are cosines: `L2norm,` where the string takes it, behind
 * the wrappers.
 *
 * A refinement looks at the vectors as they were given to it, whatever its base does with them, so `X,RFlat` becomes
 * `L2norm,X,Refine(L2norm,Flat)`. A chain that starts with `L2norm` already is left alone.
 */
export function cosineSpec(spec: FactorySpec): FactorySpec {
  switch (spec.kind) {
    case 'IdMap':
    case 'IdMap2':
      return { kind: spec.kind, base: cosineSpec(spec.base) };
    case 'RefineFlat':
      return { kind: 'Refine', base: cosineSpec(spec.base), refine: cosineSpec({ kind: 'Flat' }) };
    case 'Refine':
      return { kind: 'Refine', base: cosineSpec(spec.base), refine: cosineSpec(spec.refine) };
    case 'PreTransform':
      if (spec.transforms[0].kind === 'L2Norm') return spec;
      return { ...spec, transforms: [L2_NORM, ...spec.transforms] };
    default:
      return { kind: 'PreTransform', transforms: [L2_NORM], base: spec };
  }
}
