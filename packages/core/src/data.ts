import type { BinaryIndexData } from './binary-data.js';
import type { HnswCagraData, HnswData, HnswFlatPanoramaData, NNDescentData, NsgData } from './graph-data.js';
import type {
  IvfAdditiveFastScanData,
  IvfAdditiveQuantizerData,
  IvfEdenData,
  IvfFlatDedupData,
  IvfFlatPanoramaData,
  IvfIndependentQuantizerData,
  IvfPqrData,
  IvfRaBitQData,
  IvfRaBitQFastScanData,
  IvfScalarQuantizerData,
  IvfSpectralHashData,
} from './ivf-data.js';
import type { Metric } from './metric.js';
import type {
  AdditiveFastScanData,
  AdditiveQuantizerData,
  EdenData,
  FlatPanoramaData,
  LatticeData,
  LshData,
  MultiIndexQuantizerData,
  RaBitQData,
  RaBitQFastScanData,
  RefinePanoramaData,
  ResidualCoarseQuantizerData,
  RowwiseMinMaxData,
  ScalarQuantizerData,
  TwoLayerData,
} from './quantized-data.js';
import type { TransformData } from './transform-data.js';

/**
 * A trained index as plain data: scalars and typed arrays, no methods, one member a faiss class. The codec maps bytes
 * to it and back; a backend maps it to its own state and back.
 *
 * Arrays may be views into memory that the giver still owns: they hold until its next change. Whoever keeps them copies.
 */
export type IndexData =
  | FlatData
  | PqData
  | PqFastScanData
  | IvfFlatData
  | IvfPqData
  | IvfPqFastScanData
  | RefineData
  | PreTransformData
  | IdMapData
  | ScalarQuantizerData
  | IvfScalarQuantizerData
  | HnswData
  | HnswFlatPanoramaData
  | HnswCagraData
  | NsgData
  | NNDescentData
  | RaBitQData
  | IvfRaBitQData
  | RaBitQFastScanData
  | IvfRaBitQFastScanData
  | LshData
  | IvfPqrData
  | IvfFlatDedupData
  | AdditiveQuantizerData
  | AdditiveFastScanData
  | IvfAdditiveQuantizerData
  | IvfAdditiveFastScanData
  | ResidualCoarseQuantizerData
  | MultiIndexQuantizerData
  | TwoLayerData
  | IvfSpectralHashData
  | IvfIndependentQuantizerData
  | EdenData
  | IvfEdenData
  | FlatPanoramaData
  | IvfFlatPanoramaData
  | RefinePanoramaData
  | RowwiseMinMaxData
  | LatticeData
  | BinaryIndexData;

/** What every faiss index starts with. */
export interface IndexHeader {
  /** Dimension of the vectors that the index takes. */
  readonly d: number;
  /** Vectors stored. */
  readonly ntotal: number;
  readonly isTrained: boolean;
  readonly metric: Metric;
  /** `p` of the `lp` metric, else 0. */
  readonly metricArg: number;
}

/** IndexFlat: `(ntotal, d)` vectors, those of `vectors` and then those of `more`. */
export interface FlatData extends IndexHeader {
  readonly kind: 'Flat';
  readonly vectors: Float32Array;
  /** Vectors that `vectors` does not hold, for want of memory in one place: whole rows a piece. */
  readonly more?: readonly (Float32Array | RowsInFile)[];
}

/** Rows of float32, little-endian, that are left in a file of this machine; Node alone can read them. */
export interface RowsInFile {
  readonly path: string;
  /** Where the first row starts, in bytes. */
  readonly offset: number;
  readonly rows: number;
  /** Bytes of the file and the time of its last change (ms) when it was read: one that differs is another file. */
  readonly size: number;
  readonly changed: number;
}

/** faiss's ProductQuantizer. */
export interface ProductQuantizerData {
  readonly d: number;
  /** Sub-quantizers; divides `d`. */
  readonly M: number;
  /** Bits of a sub-quantizer's index. */
  readonly nbits: number;
  /** `(M, 2 ** nbits, d / M)`; zeros before training. */
  readonly centroids: Float32Array;
}

/** IndexPQ: `codes` is `(ntotal, ceil(M · nbits / 8))` bytes. */
export interface PqData extends IndexHeader {
  readonly kind: 'Pq';
  readonly pq: ProductQuantizerData;
  readonly codes: Uint8Array;
  /** faiss's search_type, 0 for asymmetric distances. */
  readonly searchType: number;
  readonly encodeSigns: boolean;
  readonly polysemousHt: number;
}

/** IndexPQFastScan: `codes` in blocks of `bbs` vectors, `ntotal2 · M2 / 2` bytes (see {@link FastScanFields}). */
export interface PqFastScanData extends IndexHeader, FastScanFields {
  readonly kind: 'PqFastScan';
  readonly pq: ProductQuantizerData;
  readonly qbs: number;
  /** `ntotal` rounded up to whole blocks, or more after a reset. */
  readonly ntotal2: number;
  readonly codes: Uint8Array;
}

/** What the 4-bit FastScan classes share. A block has `bbs · M2 / 2` bytes; `M2` is M rounded up to even. */
export interface FastScanFields {
  /** faiss's choice of search kernel, 0 for its own; kept and written back. */
  readonly implem: number;
  /** Vectors a block, a multiple of 32. */
  readonly bbs: number;
  readonly M2: number;
}

/** What every IVF class starts with. */
export interface IvfFields {
  readonly nlist: number;
  /** Lists visited unless a search says otherwise. */
  readonly nprobe: number;
  /** Holds the `nlist` centroids once trained. */
  readonly quantizer: IndexData;
  readonly directMap: DirectMapData;
  readonly invlists: InvertedListsData;
}

/** IndexIVFFlat: codes are float32 vectors, little-endian. */
export interface IvfFlatData extends IndexHeader, IvfFields {
  readonly kind: 'IvfFlat';
}

/** IndexIVFPQ. */
export interface IvfPqData extends IndexHeader, IvfFields {
  readonly kind: 'IvfPq';
  readonly byResidual: boolean;
  /** Bytes a code. */
  readonly codeSize: number;
  readonly pq: ProductQuantizerData;
}

/** IndexIVFPQFastScan; its lists are in blocks. */
export interface IvfPqFastScanData extends IndexHeader, IvfFields, FastScanFields {
  readonly kind: 'IvfPqFastScan';
  readonly byResidual: boolean;
  /** Bytes a code before packing, `ceil(M / 2)`. */
  readonly codeSize: number;
  readonly qbs2: number;
  readonly pq: ProductQuantizerData;
}

/** From an id to its place: none, an array indexed by id, or a table of pairs. A place is `list · 2^32 + offset`, -1 absent. */
export type DirectMapData =
  | { readonly kind: 'none' }
  | { readonly kind: 'array'; readonly places: BigInt64Array }
  | { readonly kind: 'hash'; readonly pairs: BigInt64Array };

/** The inverted lists of an IVF. */
export type InvertedListsData =
  | ArrayListsData
  | BlockListsData
  | MissingListsData
  | PanoramaListsData
  | OnDiskListsData;

/** ArrayInvertedLists: list `i` has `ids[i].length` entries, `codes[i]` of `codeSize` bytes each. */
export interface ArrayListsData {
  readonly kind: 'array';
  readonly nlist: number;
  readonly codeSize: number;
  readonly codes: readonly Uint8Array[];
  /** Safe integers. */
  readonly ids: readonly Float64Array[];
}

/** BlockInvertedLists: list `i` has `ceil(ids[i].length / nPerBlock)` blocks of `blockSize` bytes. */
export interface BlockListsData {
  readonly kind: 'block';
  readonly nlist: number;
  readonly nPerBlock: number;
  readonly blockSize: number;
  readonly codes: readonly Uint8Array[];
  readonly ids: readonly Float64Array[];
}

/** ArrayInvertedListsPanorama: list `i` has its codes and norms in whole batches of `batchSize` vectors. */
export interface PanoramaListsData {
  readonly kind: 'panorama';
  readonly nlist: number;
  readonly codeSize: number;
  readonly nLevels: number;
  readonly batchSize: number;
  readonly codes: readonly Uint8Array[];
  readonly ids: readonly Float64Array[];
  /** Batches of `(nLevels + 1, batchSize)`. */
  readonly cumSums: readonly Float32Array[];
}

/** OnDiskInvertedLists: where the lists are in a second file. */
export interface OnDiskListsData {
  readonly kind: 'onDisk';
  readonly nlist: number;
  readonly codeSize: number;
  /** `(nlist, 3)`: entries, room for entries, byte offset. At the offset are codes for all the room, then ids. */
  readonly places: Float64Array;
  /** `(n, 2)`: byte offset and bytes of what is free. */
  readonly slots: Float64Array;
  /** The name of the second file as it was written, in bytes. */
  readonly fileName: Uint8Array;
  /** Bytes of the second file. */
  readonly totalSize: number;
}

/** A null pointer in faiss: an IVF whose lists are held elsewhere. */
export interface MissingListsData {
  readonly kind: 'missing';
}

/** IndexRefine and IndexRefineFlat (a Flat `refine`). */
export interface RefineData extends IndexHeader {
  readonly kind: 'Refine';
  readonly base: IndexData;
  readonly refine: IndexData;
  /** In [1, 1000]. */
  readonly kFactor: number;
}

/** IndexPreTransform; `d` is the input dimension. */
export interface PreTransformData extends IndexHeader {
  readonly kind: 'PreTransform';
  readonly transforms: readonly TransformData[];
  readonly base: IndexData;
}

/** IndexIDMap and IndexIDMap2: position `i` of `base` has the caller's id `ids[i]`. */
export interface IdMapData extends IndexHeader {
  readonly kind: 'IdMap' | 'IdMap2';
  readonly base: IndexData;
  /** `(ntotal)` safe integers. */
  readonly ids: Float64Array;
}
