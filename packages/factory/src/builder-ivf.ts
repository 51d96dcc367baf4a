import type { CoarseSpec, CodecSpec, ScalarQuantizerType, SpectralHashSpec } from '@lutra/core';
import type {
  AdditiveFastScanOptions,
  AdditiveOptions,
  CodebookRun,
  EdenOptions,
  IvfPqOptions,
  RaBitQOptions,
} from './build-quantizer.js';
import { additiveFastScanSpec, additiveSpec, edenSpec, pqSpec, raBitQSpec } from './build-quantizer.js';
import { IndexBuilder, type Wrap } from './builder.js';
import { DEFAULT_LEVELS } from './parse-graph.js';
import { DEFAULT_PERIOD } from './parse-ivf.js';

/** Options of a spectral hash. */
export interface SpectralHashOptions {
  /** d if left out. */
  readonly nbits?: number;
  /** Period of the sine; so long that only signs count if left out. */
  readonly period?: number;
  readonly threshold?: SpectralHashSpec['threshold'];
}

/** An IVF that still wants its codec: what an inverted list holds of a vector. */
export class IvfBuilder {
  constructor(
    private readonly nlist: number,
    private readonly coarse: CoarseSpec,
    private readonly wrap: Wrap,
  ) {}

  private of(codec: CodecSpec): IndexBuilder {
    return new IndexBuilder(this.wrap({ kind: 'Ivf', nlist: this.nlist, coarse: this.coarse, codec }));
  }

  /** `IVFn,Flat`. */
  flat(): IndexBuilder {
    return this.of({ kind: 'Flat' });
  }

  /** `IVFn,FlatDedup`. */
  flatDedup(): IndexBuilder {
    return this.of({ kind: 'FlatDedup' });
  }

  /** `IVFn,FlatPanorama`; 8 levels, faiss's batch. */
  flatPanorama(levels: number = DEFAULT_LEVELS, options: { readonly batch?: number } = {}): IndexBuilder {
    const { batch } = options;
    return this.of({ kind: 'FlatPanorama', levels, ...(batch !== undefined && { batch }) });
  }

  /** `IVFn,SQ…`. */
  sq(qtype: ScalarQuantizerType): IndexBuilder {
    return this.of({ kind: 'ScalarQuantizer', qtype });
  }

  /** `IVFn,PQm`, `IVFn,PQmx4fs`, `IVFn,PQmx4fsr`. */
  pq(M: number, options: IvfPqOptions = {}): IndexBuilder {
    return this.of(pqSpec(M, options, true) as CodecSpec);
  }

  /** `IVFn,PQm+r`: a second product quantizer of the residual re-ranks. */
  pqRefined(M: number, refineM: number): IndexBuilder {
    return this.of({ kind: 'PqR', M, refineM });
  }

  /** `IVFn,RQ…` of one or more runs of codebooks. */
  rq(parts: readonly CodebookRun[], options: AdditiveOptions = {}): IndexBuilder {
    return this.of(additiveSpec('RQ', 1, parts, options));
  }

  /** `IVFn,LSQ…`. */
  lsq(parts: readonly CodebookRun[], options: AdditiveOptions = {}): IndexBuilder {
    return this.of(additiveSpec('LSQ', 1, parts, options));
  }

  /** `IVFn,PRQ…`. */
  prq(nsplits: number, M: number, nbits: number, options: AdditiveOptions = {}): IndexBuilder {
    return this.of(additiveSpec('PRQ', nsplits, [[M, nbits]], options));
  }

  /** `IVFn,PLSQ…`. */
  plsq(nsplits: number, M: number, nbits: number, options: AdditiveOptions = {}): IndexBuilder {
    return this.of(additiveSpec('PLSQ', nsplits, [[M, nbits]], options));
  }

  /** `IVFn,RQmx4fs`. */
  rqFastScan(M: number, options: AdditiveFastScanOptions = {}): IndexBuilder {
    return this.of(additiveFastScanSpec('RQ', 1, M, options, true));
  }

  /** `IVFn,LSQmx4fs`. */
  lsqFastScan(M: number, options: AdditiveFastScanOptions = {}): IndexBuilder {
    return this.of(additiveFastScanSpec('LSQ', 1, M, options, true));
  }

  /** `IVFn,PRQsxmx4fs`. */
  prqFastScan(nsplits: number, M: number, options: AdditiveFastScanOptions = {}): IndexBuilder {
    return this.of(additiveFastScanSpec('PRQ', nsplits, M, options, true));
  }

  /** `IVFn,PLSQsxmx4fs`. */
  plsqFastScan(nsplits: number, M: number, options: AdditiveFastScanOptions = {}): IndexBuilder {
    return this.of(additiveFastScanSpec('PLSQ', nsplits, M, options, true));
  }

  /** `IVFn,ITQ…,SH…` and its two PCA forms. */
  spectralHash(transform: SpectralHashSpec['transform'], options: SpectralHashOptions = {}): IndexBuilder {
    const { nbits, period = DEFAULT_PERIOD, threshold = 'global' } = options;
    const size = nbits === undefined ? {} : { nbits };
    return this.of({ kind: 'SpectralHash', transform, ...size, period, threshold });
  }

  /** `IVFn,RaBitQ` and `IVFn,RaBitQfs`. */
  raBitQ(options: RaBitQOptions = {}): IndexBuilder {
    return this.of(raBitQSpec(options));
  }

  /** `IVFn,EDEN`. */
  eden(options: EdenOptions = {}): IndexBuilder {
    return this.of(edenSpec(options));
  }
}
