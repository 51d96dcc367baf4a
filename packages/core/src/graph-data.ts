import type { IndexData, IndexHeader } from './data.js';

/**
 * A hierarchical graph. The neighbours of node i on level l are
 * `neighbors[offsets[i] + cumNneighborPerLevel[l] … offsets[i] + cumNneighborPerLevel[l + 1])`, -1 for none.
 */
export interface HnswGraphData {
  /** Probability of each level. */
  readonly assignProbas: Float64Array;
  /** Places of a node on all levels below each: 0, 2M, 3M, … */
  readonly cumNneighborPerLevel: Int32Array;
  /** `(ntotal)` levels of each node; 1 for the lowest alone. */
  readonly levels: Int32Array;
  /** `(ntotal + 1)`, rising from 0. */
  readonly offsets: Float64Array;
  readonly neighbors: Int32Array;
  /** A node of the highest level, -1 without nodes. */
  readonly entryPoint: number;
  /** The highest level, 0 for the lowest; -1 without nodes. */
  readonly maxLevel: number;
  readonly efConstruction: number;
  readonly efSearch: number;
  /** Not used by faiss; kept and written back. */
  readonly upperBeam: number;
}

/** IndexHNSW, IndexHNSWFlat, IndexHNSWPQ, IndexHNSWSQ and IndexHNSW2Level. */
export interface HnswData extends IndexHeader {
  readonly kind: 'Hnsw' | 'HnswFlat' | 'HnswPq' | 'HnswSq' | 'HnswTwoLayer';
  readonly hnsw: HnswGraphData;
  /** The vectors; null if they are not in the file. */
  readonly storage: IndexData | null;
}

/** IndexHNSWFlatPanorama. */
export interface HnswFlatPanoramaData extends IndexHeader {
  readonly kind: 'HnswFlatPanorama';
  readonly numLevels: number;
  /** `(ntotal, numLevels + 1)` norms of what is behind the first dimensions. */
  readonly cumSums: Float32Array;
  readonly hnsw: HnswGraphData;
  readonly storage: IndexData | null;
}

/** IndexHNSWCagra: a graph made by CAGRA. */
export interface HnswCagraData extends IndexHeader {
  readonly kind: 'HnswCagra';
  readonly keepMaxSizeLevel0: boolean;
  readonly baseLevelOnly: boolean;
  readonly numBaseLevelSearchEntrypoints: number;
  readonly numericType: 'f32' | 'f16' | 'u8' | 'i8';
  readonly hnsw: HnswGraphData;
  readonly storage: IndexData | null;
}

/** faiss's NSG, a graph of one level. */
export interface NsgGraphData {
  readonly ntotal: number;
  readonly R: number;
  readonly L: number;
  readonly C: number;
  readonly searchL: number;
  readonly enterpoint: number;
  /** The neighbours of node i are `neighbors[offsets[i] … offsets[i + 1])`; null before the graph is built. */
  readonly graph: { readonly offsets: Int32Array; readonly neighbors: Int32Array } | null;
}

/** IndexNSGFlat, IndexNSGPQ and IndexNSGSQ. */
export interface NsgData extends IndexHeader {
  readonly kind: 'NsgFlat' | 'NsgPq' | 'NsgSq';
  readonly GK: number;
  readonly buildType: number;
  readonly nndescentS: number;
  readonly nndescentR: number;
  readonly nndescentL: number;
  readonly nndescentIter: number;
  readonly nsg: NsgGraphData;
  readonly storage: IndexData | null;
}

/** IndexNNDescentFlat. */
export interface NNDescentData extends IndexHeader {
  readonly kind: 'NNDescentFlat';
  readonly nndescent: {
    readonly ntotal: number;
    readonly d: number;
    readonly K: number;
    readonly S: number;
    readonly R: number;
    readonly L: number;
    readonly iter: number;
    readonly searchL: number;
    readonly randomSeed: number;
    readonly hasBuilt: boolean;
    /** `(ntotal, K)` once it is built. */
    readonly finalGraph: Int32Array;
  };
  readonly storage: IndexData | null;
}
