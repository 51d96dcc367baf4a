import type { TransformData } from '@lutra/core';
import { CenteringTransform } from './centering.js';
import { HadamardRotationTransform } from './hadamard-rotation.js';
import { ItqMatrix, ItqTransform } from './itq.js';
import { L2NormTransform } from './l2-norm.js';
import { LinearTransform } from './linear.js';
import { PcaTransform } from './pca.js';
import { RandomRotationTransform } from './random-rotation.js';
import { RemapDimensionsTransform } from './remap-dimensions.js';
import type { TransformOptions, VectorTransform } from './vector-transform.js';

/**
 * The transform that `data` describes; it copies the arrays. `toData` gives the same values back.
 * @throws LutraError `SHAPE` for arrays that do not fit the dimensions, `ARGUMENT` for a map out of range,
 *   `UNSUPPORTED` for a normalisation by another norm than 2
 */
export function loadTransform(data: TransformData, options?: TransformOptions): VectorTransform {
  const { dIn, dOut } = data;
  switch (data.kind) {
    case 'Linear':
      return new LinearTransform(dIn, dOut, options).load(data);
    case 'RandomRotation':
      return new RandomRotationTransform(dIn, dOut, options).load(data);
    case 'Pca':
      return new PcaTransform(dIn, dOut, { ...data, centre: data.haveBias }, options).load(data);
    case 'ItqMatrix':
      return new ItqMatrix(dIn, options).load(data);
    case 'Itq':
      return new ItqTransform(dIn, dOut, data.doPca, options).load(data);
    case 'Normalization':
      return new L2NormTransform(dIn, data.norm);
    case 'Centering':
      return new CenteringTransform(dIn).load(data);
    case 'RemapDimensions':
      return new RemapDimensionsTransform(dIn, dOut, data.map);
    case 'HadamardRotation':
      return HadamardRotationTransform.load(data);
  }
}
