import { LutraError, type TransformSpec } from '@lutra/core';
import { HadamardRotationTransform } from './hadamard-rotation.js';
import { ItqTransform } from './itq.js';
import { L2NormTransform } from './l2-norm.js';
import { OpqTransform } from './opq.js';
import { PcaTransform } from './pca.js';
import { RandomRotationTransform } from './random-rotation.js';
import { padMap, RemapDimensionsTransform } from './remap-dimensions.js';
import { assertDimension } from './transform-checks.js';
import type { TransformOptions, VectorTransform } from './vector-transform.js';

/** Widest output, so that no product of two dimensions overflows an array. */
const MAX_D = 65536;

/**
 * The transform that a part of a factory string names, untrained where it needs training.
 * @param dIn - dimension of the vectors that it takes
 * @throws LutraError `ARGUMENT` for an output dimension that the transform cannot have
 */
export function createTransform(
  spec: TransformSpec,
  dIn: number,
  options?: TransformOptions,
): VectorTransform {
  assertDimension('transform input', dIn, MAX_D);
  switch (spec.kind) {
    case 'L2Norm':
      return new L2NormTransform(dIn);
    case 'Pad': {
      const dOut = Math.max(dIn, spec.dOut);
      assertDimension('pad', dOut, MAX_D);
      return new RemapDimensionsTransform(dIn, dOut, padMap(dIn, dOut));
    }
    case 'HadamardRotation':
      return new HadamardRotationTransform(dIn, spec.seed);
    case 'RandomRotation':
      assertDimension('random rotation', spec.dOut ?? dIn, MAX_D);
      return new RandomRotationTransform(dIn, spec.dOut ?? dIn, options);
    case 'Pca':
      assertDimension('pca', spec.dOut, dIn);
      return new PcaTransform(
        dIn,
        spec.dOut,
        { eigenPower: spec.whiten ? -0.5 : 0, randomRotation: spec.rotate },
        options,
      );
    case 'Itq':
      assertDimension('itq', spec.dOut ?? dIn, dIn);
      return new ItqTransform(dIn, spec.dOut ?? dIn, spec.dOut !== undefined, options);
    case 'Opq':
      return createOpq(dIn, spec.dOut ?? dIn, spec.M, options);
  }
}

function createOpq(dIn: number, dOut: number, M: number, options?: TransformOptions): OpqTransform {
  assertDimension('opq', dOut, MAX_D);
  if (!Number.isInteger(M) || M < 1 || dOut % M !== 0) {
    throw new LutraError('ARGUMENT', `opq: M must divide the output dimension ${dOut}, is ${M}`, {
      argument: 'M',
      value: M,
      expected: `a divisor of ${dOut}`,
    });
  }
  return new OpqTransform(dIn, dOut, M, options);
}
