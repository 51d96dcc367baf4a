import type { IndexData, IndexHeader, IvfFields } from './data.js';
import type { HnswGraphData } from './graph-data.js';

/**
 * What every binary index of faiss starts with: vectors of `d` bits in `codeSize` bytes, compared by the Hamming
 * distance. `metric` is what the file says, `l2`.
 */
export interface BinaryHeader extends IndexHeader {
  readonly codeSize: number;
}

/** A binary index of faiss (`write_index_binary`). */
export type BinaryIndexData =
  | BinaryFlatData
  | BinaryIvfData
  | BinaryFromFloatData
  | BinaryHnswData
  | BinaryHnswCagraData
  | BinaryIdMapData
  | BinaryHashData
  | BinaryMultiHashData;

/** IndexBinaryFlat: `codes` is `(ntotal, codeSize)` bytes. */
export interface BinaryFlatData extends BinaryHeader {
  readonly kind: 'BinaryFlat';
  readonly codes: Uint8Array;
}

/** IndexBinaryIVF; its quantizer is binary. */
export interface BinaryIvfData extends BinaryHeader, IvfFields {
  readonly kind: 'BinaryIvf';
}

/** IndexBinaryFromFloat: bits as an index of floats. */
export interface BinaryFromFloatData extends BinaryHeader {
  readonly kind: 'BinaryFromFloat';
  readonly base: IndexData;
}

/** IndexBinaryHNSW. */
export interface BinaryHnswData extends BinaryHeader {
  readonly kind: 'BinaryHnsw';
  readonly hnsw: HnswGraphData;
  /** A BinaryFlat. */
  readonly storage: IndexData;
}

/** IndexBinaryHNSWCagra. */
export interface BinaryHnswCagraData extends BinaryHeader {
  readonly kind: 'BinaryHnswCagra';
  readonly keepMaxSizeLevel0: boolean;
  readonly baseLevelOnly: boolean;
  readonly numBaseLevelSearchEntrypoints: number;
  readonly hnsw: HnswGraphData;
  /** A BinaryFlat. */
  readonly storage: IndexData;
}

/** IndexBinaryIDMap and IndexBinaryIDMap2. */
export interface BinaryIdMapData extends BinaryHeader {
  readonly kind: 'BinaryIdMap' | 'BinaryIdMap2';
  readonly base: IndexData;
  /** `(ntotal)` safe integers. */
  readonly ids: Float64Array;
}

/** IndexBinaryHash: one table from the first `b` bits to the vectors that start with them. */
export interface BinaryHashData extends BinaryHeader {
  readonly kind: 'BinaryHash';
  readonly b: number;
  readonly nflip: number;
  /** Bits of a list's length in `table`. */
  readonly sizeBits: number;
  /** Pairs of a hash in `b` bits and a length in `sizeBits` bits, LSB first; one a list. */
  readonly table: Uint8Array;
  readonly ids: readonly Float64Array[];
  readonly codes: readonly Uint8Array[];
}

/** IndexBinaryMultiHash: `nhash` tables over stored vectors. */
export interface BinaryMultiHashData extends BinaryHeader {
  readonly kind: 'BinaryMultiHash';
  readonly base: IndexData;
  readonly b: number;
  readonly nflip: number;
  readonly maps: readonly {
    /** Bits of an id and of a length in `table`. */
    readonly idBits: number;
    readonly entries: number;
    /** For each entry a hash in `b` bits, a length in `idBits` bits, and that many ids in `idBits` bits, LSB first. */
    readonly table: Uint8Array;
  }[];
}

/** Whether `data` is a binary index. */
export function isBinaryIndexData(data: IndexData): data is BinaryIndexData {
  return data.kind.startsWith('Binary');
}
