/**
 * The abstract syntax of a faiss factory string, one node a class that the string builds. `@lutra/factory` parses and
 * formats it; backends build from it. Checked against faiss 1.15 (`faiss/index_factory.cpp`).
 *
 * Numbers that a string leaves out and faiss fills in with a constant are filled in here (`PQ8` has `nbits` 8); numbers
 * that faiss takes from `d` stay undefined.
 */
export type FactorySpec =
  | IdMapSpec
  | RefineFlatSpec
  | RefineSpec
  | RefinePanoramaSpec
  | RowwiseMinMaxSpec
  | PreTransformSpec
  | IvfSpec
  | TwoLayerSpec
  | HnswSpec
  | NsgSpec
  | FlatSpec
  | FlatPanoramaSpec
  | LshSpec
  | LatticeSpec
  | ScalarQuantizerSpec
  | PqSpec
  | PqFastScanSpec
  | AdditiveQuantizerSpec
  | AdditiveFastScanSpec
  | RaBitQSpec
  | RaBitQFastScanSpec
  | EdenSpec;

/** `…,IDMap` or `…,IDMap2`: caller's ids in front of an index that counts from 0. */
export interface IdMapSpec {
  readonly kind: 'IdMap' | 'IdMap2';
  readonly base: FactorySpec;
}
/** `…,RFlat`: the best `k · kFactor` of `base`, re-ranked by the stored float32 vectors. */
export interface RefineFlatSpec {
  readonly kind: 'RefineFlat';
  readonly base: FactorySpec;
}
/** `…,Refine(X)`: re-ranked by index `refine`. */
export interface RefineSpec {
  readonly kind: 'Refine';
  readonly base: FactorySpec;
  readonly refine: FactorySpec;
}
/** `…,RefinePanorama(X)`. */
export interface RefinePanoramaSpec {
  readonly kind: 'RefinePanorama';
  readonly base: FactorySpec;
  readonly refine: FactorySpec;
}
/** `MinMax,X` and `MinMaxFP16,X`. */
export interface RowwiseMinMaxSpec {
  readonly kind: 'RowwiseMinMax' | 'RowwiseMinMaxFp16';
  readonly base: FactorySpec;
}
/** One or more vector transforms in order, then an index over their output. */
export interface PreTransformSpec {
  readonly kind: 'PreTransform';
  readonly transforms: readonly [TransformSpec, ...TransformSpec[]];
  readonly base: FactorySpec;
}

export type TransformSpec =
  /** `PCA[W][R]n`: `whiten` divides by the square root of the eigenvalues, `rotate` adds a random rotation. */
  | { readonly kind: 'Pca'; readonly dOut: number; readonly whiten: boolean; readonly rotate: boolean }
  /** `L2norm`. */
  | { readonly kind: 'L2Norm' }
  /** `RR[n]`: random rotation to `dOut`, or to d. */
  | { readonly kind: 'RandomRotation'; readonly dOut?: number }
  /** `HR[seed]`: randomised Hadamard rotation to the next power of two. */
  | { readonly kind: 'HadamardRotation'; readonly seed?: number }
  /** `ITQ[n]`. */
  | { readonly kind: 'Itq'; readonly dOut?: number }
  /** `OPQm[_n]`: rotation fitted to a product quantizer with `M` parts, to `dOut` or d. */
  | { readonly kind: 'Opq'; readonly M: number; readonly dOut?: number }
  /** `Padn`: zeros up to `dOut`. */
  | { readonly kind: 'Pad'; readonly dOut: number };

/** `IVFn…,codec`. */
export interface IvfSpec {
  readonly kind: 'Ivf';
  readonly nlist: number;
  readonly coarse: CoarseSpec;
  readonly codec: CodecSpec;
}
/** What assigns a vector to an inverted list. */
export type CoarseSpec =
  /** `IVFn`: exact search over the centroids. */
  | { readonly kind: 'Flat' }
  /** `IVFn_HNSWm`. */
  | { readonly kind: 'Hnsw'; readonly M: number }
  /** `IVFn_NSGr`. */
  | { readonly kind: 'Nsg'; readonly R: number }
  /** `IVFn(X)`. */
  | { readonly kind: 'Index'; readonly index: FactorySpec }
  /** `IMI2xb`: nlist is `2 ** (2 · nbits)`. */
  | { readonly kind: 'MultiIndex'; readonly M: 2; readonly nbits: number };
/** What an inverted list holds of each vector. */
export type CodecSpec =
  | FlatSpec
  | { readonly kind: 'FlatDedup' }
  /** `FlatPanorama[l][_b]`. */
  | { readonly kind: 'FlatPanorama'; readonly levels: number; readonly batch?: number }
  | ScalarQuantizerSpec
  | PqSpec
  /** `PQm+n`: a second quantizer of the residual re-ranks. */
  | { readonly kind: 'PqR'; readonly M: number; readonly refineM: number }
  | (PqFastScanSpec & { readonly residual: boolean })
  | AdditiveQuantizerSpec
  | (AdditiveFastScanSpec & { readonly residual: boolean })
  | SpectralHashSpec
  | RaBitQSpec
  | RaBitQFastScanSpec
  | EdenSpec;

/** `Residualn,PQm` and `Residualmxb,PQm`. */
export interface TwoLayerSpec {
  readonly kind: 'TwoLayer';
  readonly coarse:
    | { readonly kind: 'Flat'; readonly nlist: number }
    | { readonly kind: 'MultiIndex'; readonly M: number; readonly nbits: number };
  readonly M: number;
  readonly nbits: number;
}
/** `HNSW[m][,storage]`. */
export interface HnswSpec {
  readonly kind: 'Hnsw';
  readonly M: number;
  readonly storage:
    | FlatSpec
    | { readonly kind: 'FlatPanorama'; readonly levels: number }
    | PqSpec
    | ScalarQuantizerSpec
    /** `C+PQm` and `2xb+PQm`. `M` is undefined where the string leaves it out, which faiss refuses to build. */
    | {
        readonly kind: 'TwoLayer';
        readonly coarse:
          | { readonly kind: 'Flat'; readonly nlist: number }
          | { readonly kind: 'MultiIndex'; readonly M: number; readonly nbits: number };
        readonly M?: number;
      };
}
/** `NSG[r][,storage]`. */
export interface NsgSpec {
  readonly kind: 'Nsg';
  readonly R: number;
  readonly storage: FlatSpec | PqSpec | ScalarQuantizerSpec;
}
/** `Flat`. */
export interface FlatSpec {
  readonly kind: 'Flat';
}
/** `FlatL2Panoramal[_b]` and `FlatIPPanoramal[_b]`. */
export interface FlatPanoramaSpec {
  readonly kind: 'FlatPanorama';
  readonly metric: 'l2' | 'ip';
  readonly levels: number;
  readonly batch?: number;
}
/** `LSH[n][r][t]`. */
export interface LshSpec {
  readonly kind: 'Lsh';
  readonly nbits?: number;
  readonly rotate: boolean;
  readonly trainThresholds: boolean;
}
/** `ZnLatticesxr2_b`. */
export interface LatticeSpec {
  readonly kind: 'Lattice';
  readonly nsq: number;
  readonly r2: number;
  readonly scaleNbits: number;
}
/** The suffix of an `SQ` token; faiss's QuantizerType. */
export type ScalarQuantizerType =
  | '8'
  | '4'
  | '6'
  | '0'
  | 'fp16'
  | 'bf16'
  | '8_direct'
  | '8_direct_signed'
  | 'tqmse1'
  | 'tqmse2'
  | 'tqmse3'
  | 'tqmse4'
  | 'tqmse8'
  | 'tq2'
  | 'tq3'
  | 'tq4'
  | 'tq5';
/** `SQ8`, `SQfp16`, … */
export interface ScalarQuantizerSpec {
  readonly kind: 'ScalarQuantizer';
  readonly qtype: ScalarQuantizerType;
}
/** `PQm[xb][np]`; `polysemous` is false with `np`. */
export interface PqSpec {
  readonly kind: 'Pq';
  readonly M: number;
  readonly nbits: number;
  readonly polysemous: boolean;
}
/** `PQmx4fs[r][_bbs]`; `residual` only inside an IVF. */
export interface PqFastScanSpec {
  readonly kind: 'PqFastScan';
  readonly M: number;
  readonly bbs: number;
}
/** The `_N…` suffix of an additive quantizer; `default` is no suffix. */
export type AdditiveNorm =
  | 'default'
  | 'none'
  | 'float'
  | 'qint8'
  | 'qint4'
  | 'cqint8'
  | 'cqint4'
  | 'lsq2x4'
  | 'rq2x4';
/** `RQ RCQ LSQ LSCQ PRQ PLSQ`; `parts` holds `(count, nbits)` runs, `nsplits` is 1 but for PRQ and PLSQ. */
export interface AdditiveQuantizerSpec {
  readonly kind: 'AdditiveQuantizer';
  readonly quantizer: 'RQ' | 'RCQ' | 'LSQ' | 'LSCQ' | 'PRQ' | 'PLSQ';
  readonly nsplits: number;
  readonly parts: readonly (readonly [count: number, nbits: number])[];
  readonly norm: AdditiveNorm;
}
/** `RQmx4fs[r][_bbs]…` and the like; `M` codebooks a split. */
export interface AdditiveFastScanSpec {
  readonly kind: 'AdditiveFastScan';
  readonly quantizer: 'RQ' | 'LSQ' | 'PRQ' | 'PLSQ';
  readonly nsplits: number;
  readonly M: number;
  readonly bbs: number;
  readonly norm: AdditiveNorm;
}
/** `(ITQ|PCA|PCAR)[n],SH[p][g|c|m]`. */
export interface SpectralHashSpec {
  readonly kind: 'SpectralHash';
  readonly transform: 'Itq' | 'Pca' | 'PcaRotated';
  readonly nbits?: number;
  readonly period: number;
  readonly threshold: 'global' | 'centroid' | 'median';
}
/** `RaBitQ[b]`. */
export interface RaBitQSpec {
  readonly kind: 'RaBitQ';
  readonly nbits: number;
}
/** `RaBitQfs[b][_bbs]`. */
export interface RaBitQFastScanSpec {
  readonly kind: 'RaBitQFastScan';
  readonly nbits: number;
  readonly bbs: number;
}
/** `EDEN[b][BIASED]`. */
export interface EdenSpec {
  readonly kind: 'Eden';
  readonly nbits: number;
  readonly biased: boolean;
}
