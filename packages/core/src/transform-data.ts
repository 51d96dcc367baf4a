/** A vector transform as plain data; see {@link IndexData} for who owns the arrays. */
export type TransformData =
  | LinearTransformData
  | PcaTransformData
  | ItqMatrixData
  | ItqTransformData
  | NormalizationData
  | CenteringData
  | RemapDimensionsData
  | HadamardRotationData;

/** What every transform ends with in a file. */
export interface TransformHeader {
  readonly dIn: number;
  readonly dOut: number;
  readonly isTrained: boolean;
}

/** `y = A · x + b`. */
export interface LinearFields {
  readonly haveBias: boolean;
  /** `(dOut, dIn)`, or empty before training. */
  readonly A: Float32Array;
  /** `(dOut)`, or empty without bias. */
  readonly b: Float32Array;
}

/** LinearTransform and OPQMatrix (`LTra`), RandomRotationMatrix (`rrot`). */
export interface LinearTransformData extends TransformHeader, LinearFields {
  readonly kind: 'Linear' | 'RandomRotation';
}

/** PCAMatrix. `A` and `b` are final: whitening, rotation and centring are folded in. */
export interface PcaTransformData extends TransformHeader, LinearFields {
  readonly kind: 'Pca';
  /** 0, or -0.5 to whiten. */
  readonly eigenPower: number;
  readonly epsilon: number;
  readonly randomRotation: boolean;
  readonly balancedBins: number;
  /** `(dIn)`. */
  readonly mean: Float32Array;
  /** `(dIn)`, descending. */
  readonly eigenvalues: Float32Array;
  /** `(dIn, dIn)`, or `(n, dIn)` when trained on n < dIn rows. */
  readonly pcaMat: Float32Array;
}

/** ITQMatrix. */
export interface ItqMatrixData extends TransformHeader, LinearFields {
  readonly kind: 'ItqMatrix';
  readonly maxIter: number;
  readonly seed: number;
}

/** ITQTransform. */
export interface ItqTransformData extends TransformHeader {
  readonly kind: 'Itq';
  readonly mean: Float32Array;
  readonly doPca: boolean;
  readonly itq: ItqMatrixData;
  readonly pcaThenItq: LinearTransformData;
}

/** NormalizationTransform: divide by the `norm`-norm (2). */
export interface NormalizationData extends TransformHeader {
  readonly kind: 'Normalization';
  readonly norm: number;
}

/** CenteringTransform: subtract `mean`. */
export interface CenteringData extends TransformHeader {
  readonly kind: 'Centering';
  readonly mean: Float32Array;
}

/** RemapDimensionsTransform: `y[i] = map[i] < 0 ? 0 : x[map[i]]`. */
export interface RemapDimensionsData extends TransformHeader {
  readonly kind: 'RemapDimensions';
  readonly map: Int32Array;
}

/** HadamardRotation; everything follows from the seed. */
export interface HadamardRotationData extends TransformHeader {
  readonly kind: 'HadamardRotation';
  readonly seed: number;
}
