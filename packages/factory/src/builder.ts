import type { FactorySpec, HnswSpec, NsgSpec, ScalarQuantizerType } from '@lutra/core';
import type { PqOptions } from './build-quantizer.js';
import { pqSpec } from './build-quantizer.js';
import { formatFactory } from './format.js';
import { DEFAULT_LEVELS } from './parse-graph.js';
import { type FactoryLike, toSpec } from './to-spec.js';

/** A complete index; wrap it, print it, or give it to whatever takes a factory. Never changes. */
export class IndexBuilder {
  constructor(
    /** The tree built so far. */
    readonly spec: FactorySpec,
  ) {}

  /**
   * The canonical factory string.
   * @throws LutraError `ARGUMENT` if faiss has no string for it
   */
  toString(): string {
    return formatFactory(this.spec);
  }

  /** `…,RFlat`: re-rank by the stored vectors. */
  refineFlat(): IndexBuilder {
    return new IndexBuilder({ kind: 'RefineFlat', base: this.spec });
  }

  /** `…,Refine(X)`: re-rank by another index. */
  refine(refine: FactoryLike): IndexBuilder {
    return new IndexBuilder({ kind: 'Refine', base: this.spec, refine: toSpec(refine) });
  }

  /** `…,RefinePanorama(X)`. */
  refinePanorama(refine: FactoryLike): IndexBuilder {
    return new IndexBuilder({ kind: 'RefinePanorama', base: this.spec, refine: toSpec(refine) });
  }

  /** `…,IDMap`: ids of the caller's. */
  idMap(): IndexBuilder {
    return new IndexBuilder({ kind: 'IdMap', base: this.spec });
  }

  /** `…,IDMap2`: ids of the caller's, and reconstruction by them. */
  idMap2(): IndexBuilder {
    return new IndexBuilder({ kind: 'IdMap2', base: this.spec });
  }
}

/** What puts the transforms of a chain around an index. */
export type Wrap = (base: FactorySpec) => FactorySpec;

/** `HNSWm` over stored vectors; a method puts codes in their place. */
export class HnswBuilder extends IndexBuilder {
  constructor(
    private readonly M: number,
    private readonly wrap: Wrap,
  ) {
    super(wrap({ kind: 'Hnsw', M, storage: { kind: 'Flat' } }));
  }

  private over(storage: HnswSpec['storage']): IndexBuilder {
    return new IndexBuilder(this.wrap({ kind: 'Hnsw', M: this.M, storage }));
  }

  /** `HNSWm,PQn`. */
  pq(M: number, options: Pick<PqOptions, 'bits' | 'polysemous'> = {}): IndexBuilder {
    return this.over(pqSpec(M, options, false) as HnswSpec['storage']);
  }

  /** `HNSWm,SQ…`. */
  sq(qtype: ScalarQuantizerType): IndexBuilder {
    return this.over({ kind: 'ScalarQuantizer', qtype });
  }

  /** `HNSWm,FlatPanorama`; 8 levels. */
  flatPanorama(levels: number = DEFAULT_LEVELS): IndexBuilder {
    return this.over({ kind: 'FlatPanorama', levels });
  }

  /** `HNSWm,c+PQn`: `nlist` coarse centroids and a product code of the rest. */
  twoLayer(nlist: number, M: number): IndexBuilder {
    return this.over({ kind: 'TwoLayer', coarse: { kind: 'Flat', nlist }, M });
  }

  /** `HNSWm,2xb+PQn`: a multi-index of two halves and a product code of the rest. */
  twoLayerMulti(nbits: number, M: number): IndexBuilder {
    return this.over({ kind: 'TwoLayer', coarse: { kind: 'MultiIndex', M: 2, nbits }, M });
  }
}

/** `NSGr` over stored vectors; a method puts codes in their place. */
export class NsgBuilder extends IndexBuilder {
  constructor(
    private readonly R: number,
    private readonly wrap: Wrap,
  ) {
    super(wrap({ kind: 'Nsg', R, storage: { kind: 'Flat' } }));
  }

  private over(storage: NsgSpec['storage']): IndexBuilder {
    return new IndexBuilder(this.wrap({ kind: 'Nsg', R: this.R, storage }));
  }

  /** `NSGr,PQn`. */
  pq(M: number, options: Pick<PqOptions, 'bits' | 'polysemous'> = {}): IndexBuilder {
    return this.over(pqSpec(M, options, false) as NsgSpec['storage']);
  }

  /** `NSGr,SQ…`. */
  sq(qtype: ScalarQuantizerType): IndexBuilder {
    return this.over({ kind: 'ScalarQuantizer', qtype });
  }
}
