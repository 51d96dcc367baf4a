import type { CoarseSpec, FactorySpec, ScalarQuantizerType, TransformSpec } from '@lutra/core';
import type {
  AdditiveFastScanOptions,
  AdditiveOptions,
  CodebookRun,
  EdenOptions,
  PqOptions,
  RaBitQOptions,
} from './build-quantizer.js';
import { additiveFastScanSpec, additiveSpec, edenSpec, pqSpec, raBitQSpec } from './build-quantizer.js';
import { HnswBuilder, IndexBuilder, NsgBuilder, type Wrap } from './builder.js';
import { IvfBuilder } from './builder-ivf.js';
import { DEFAULT_LINKS } from './parse-graph.js';
import { type FactoryLike, toSpec } from './to-spec.js';

/** What assigns vectors to the lists of an IVF; exact search if nothing is given, and one at most may be. */
export type IvfOptions =
  | { readonly hnsw?: undefined; readonly nsg?: undefined; readonly coarse?: undefined }
  | { readonly hnsw: number }
  | { readonly nsg: number }
  | { readonly coarse: FactoryLike };

/** Options of PCA. */
export interface PcaOptions {
  /** Divide by the square roots of the eigenvalues. */
  readonly whiten?: boolean;
  /** Rotate at random afterwards, which spreads the variance. */
  readonly rotate?: boolean;
}

/** Options of LSH. */
export interface LshOptions {
  /** d if left out. */
  readonly nbits?: number;
  readonly rotate?: boolean;
  readonly trainThresholds?: boolean;
}

/** Transforms so far, none at first; a transform lengthens the chain and an index ends it. Never changes. */
export class ChainBuilder {
  constructor(private readonly transforms: readonly TransformSpec[] = []) {}

  private append(t: TransformSpec): ChainBuilder {
    return new ChainBuilder([...this.transforms, t]);
  }

  private readonly wrap: Wrap = (base) => {
    const [first, ...rest] = this.transforms;
    return first === undefined ? base : { kind: 'PreTransform', transforms: [first, ...rest], base };
  };

  private end(spec: FactorySpec): IndexBuilder {
    return new IndexBuilder(this.wrap(spec));
  }

  /** `PCAn`, `PCAWn`, `PCARn`, `PCAWRn`. */
  pca(dOut: number, options: PcaOptions = {}): ChainBuilder {
    const { whiten = false, rotate = false } = options;
    return this.append({ kind: 'Pca', dOut, whiten, rotate });
  }

  /** `L2norm`. */
  l2norm(): ChainBuilder {
    return this.append({ kind: 'L2Norm' });
  }

  /** `RRn`, or `RR` to keep d. */
  randomRotation(dOut?: number): ChainBuilder {
    return this.append({ kind: 'RandomRotation', ...(dOut !== undefined && { dOut }) });
  }

  /** `HR`, to the next power of two. */
  hadamardRotation(seed?: number): ChainBuilder {
    return this.append({ kind: 'HadamardRotation', ...(seed !== undefined && { seed }) });
  }

  /** `ITQ`, or `ITQn` with a PCA in front. */
  itq(dOut?: number): ChainBuilder {
    return this.append({ kind: 'Itq', ...(dOut !== undefined && { dOut }) });
  }

  /** `OPQm` or `OPQm_n`. */
  opq(M: number, dOut?: number): ChainBuilder {
    return this.append({ kind: 'Opq', M, ...(dOut !== undefined && { dOut }) });
  }

  /** `Padn`. */
  pad(dOut: number): ChainBuilder {
    return this.append({ kind: 'Pad', dOut });
  }

  /** Any other index at the end of the chain, such as one with an IDMap of its own. */
  of(factory: FactoryLike): IndexBuilder {
    return this.end(toSpec(factory));
  }

  /** `IVFn`, `IVFn_HNSWm`, `IVFn_NSGr`, `IVFn(X)`; wants a codec. */
  ivf(nlist: number, options: IvfOptions = {}): IvfBuilder {
    return new IvfBuilder(nlist, coarseOf(options), this.wrap);
  }

  /** `IMI2xb`: `2 ** (2 · nbits)` lists; wants a codec. */
  imi(nbits: number): IvfBuilder {
    return new IvfBuilder(2 ** (2 * nbits), { kind: 'MultiIndex', M: 2, nbits }, this.wrap);
  }

  /** `HNSWm`; 32 links. */
  hnsw(M: number = DEFAULT_LINKS): HnswBuilder {
    return new HnswBuilder(M, this.wrap);
  }

  /** `NSGr`; 32 links. */
  nsg(R: number = DEFAULT_LINKS): NsgBuilder {
    return new NsgBuilder(R, this.wrap);
  }

  /** `Flat`. */
  flat(): IndexBuilder {
    return this.end({ kind: 'Flat' });
  }

  /** `FlatL2Panorama…` and `FlatIPPanorama…`. */
  flatPanorama(metric: 'l2' | 'ip', levels: number, options: { readonly batch?: number } = {}): IndexBuilder {
    const { batch } = options;
    return this.end({ kind: 'FlatPanorama', metric, levels, ...(batch !== undefined && { batch }) });
  }

  /** `LSH…`. */
  lsh(options: LshOptions = {}): IndexBuilder {
    const { nbits, rotate = false, trainThresholds = false } = options;
    return this.end({ kind: 'Lsh', ...(nbits !== undefined && { nbits }), rotate, trainThresholds });
  }

  /** `ZnLattice…`. */
  lattice(nsq: number, r2: number, scaleNbits: number): IndexBuilder {
    return this.end({ kind: 'Lattice', nsq, r2, scaleNbits });
  }

  /** `SQ…`. */
  sq(qtype: ScalarQuantizerType): IndexBuilder {
    return this.end({ kind: 'ScalarQuantizer', qtype });
  }

  /** `PQm`, `PQmxb`, `PQmx4fs`. */
  pq(M: number, options: PqOptions = {}): IndexBuilder {
    return this.end(pqSpec(M, options, false));
  }

  /** `RQ…` of one or more runs of codebooks. */
  rq(parts: readonly CodebookRun[], options: AdditiveOptions = {}): IndexBuilder {
    return this.end(additiveSpec('RQ', 1, parts, options));
  }

  /** `RCQ…`: a residual quantizer as a coarse one. */
  rcq(parts: readonly CodebookRun[], options: AdditiveOptions = {}): IndexBuilder {
    return this.end(additiveSpec('RCQ', 1, parts, options));
  }

  /** `LSQmxb`. */
  lsq(M: number, nbits: number, options: AdditiveOptions = {}): IndexBuilder {
    return this.end(additiveSpec('LSQ', 1, [[M, nbits]], options));
  }

  /** `LSCQmxb`. */
  lscq(M: number, nbits: number, options: AdditiveOptions = {}): IndexBuilder {
    return this.end(additiveSpec('LSCQ', 1, [[M, nbits]], options));
  }

  /** `PRQsxmxb`. */
  prq(nsplits: number, M: number, nbits: number, options: AdditiveOptions = {}): IndexBuilder {
    return this.end(additiveSpec('PRQ', nsplits, [[M, nbits]], options));
  }

  /** `PLSQsxmxb`. */
  plsq(nsplits: number, M: number, nbits: number, options: AdditiveOptions = {}): IndexBuilder {
    return this.end(additiveSpec('PLSQ', nsplits, [[M, nbits]], options));
  }

  /** `RQmx4fs`. */
  rqFastScan(M: number, options: Omit<AdditiveFastScanOptions, 'residual'> = {}): IndexBuilder {
    return this.end(additiveFastScanSpec('RQ', 1, M, options, false));
  }

  /** `LSQmx4fs`. */
  lsqFastScan(M: number, options: Omit<AdditiveFastScanOptions, 'residual'> = {}): IndexBuilder {
    return this.end(additiveFastScanSpec('LSQ', 1, M, options, false));
  }

  /** `PRQsxmx4fs`. */
  prqFastScan(
    nsplits: number,
    M: number,
    options: Omit<AdditiveFastScanOptions, 'residual'> = {},
  ): IndexBuilder {
    return this.end(additiveFastScanSpec('PRQ', nsplits, M, options, false));
  }

  /** `PLSQsxmx4fs`. */
  plsqFastScan(
    nsplits: number,
    M: number,
    options: Omit<AdditiveFastScanOptions, 'residual'> = {},
  ): IndexBuilder {
    return this.end(additiveFastScanSpec('PLSQ', nsplits, M, options, false));
  }

  /** `RaBitQ` and `RaBitQfs`. */
  raBitQ(options: RaBitQOptions = {}): IndexBuilder {
    return this.end(raBitQSpec(options));
  }

  /** `EDEN`. */
  eden(options: EdenOptions = {}): IndexBuilder {
    return this.end(edenSpec(options));
  }

  /** `Residualn,PQm`: `nlist` coarse centroids and a product code of the rest. */
  residual(nlist: number, M: number, options: { readonly bits?: number } = {}): IndexBuilder {
    return this.end({ kind: 'TwoLayer', coarse: { kind: 'Flat', nlist }, M, nbits: options.bits ?? 8 });
  }

  /** `Residualcxb,PQm`: a multi-index of `parts` times `partBits` and a product code of the rest. */
  residualMulti(
    parts: number,
    partBits: number,
    M: number,
    options: { readonly bits?: number } = {},
  ): IndexBuilder {
    const coarse = { kind: 'MultiIndex', M: parts, nbits: partBits } as const;
    return this.end({ kind: 'TwoLayer', coarse, M, nbits: options.bits ?? 8 });
  }

  /** `MinMax,X`: every row scaled by its own range before it is encoded. */
  minMax(factory: FactoryLike): IndexBuilder {
    return this.end({ kind: 'RowwiseMinMax', base: toSpec(factory) });
  }

  /** `MinMaxFP16,X`. */
  minMaxFp16(factory: FactoryLike): IndexBuilder {
    return this.end({ kind: 'RowwiseMinMaxFp16', base: toSpec(factory) });
  }
}

function coarseOf(options: IvfOptions): CoarseSpec {
  if ('hnsw' in options && options.hnsw !== undefined) return { kind: 'Hnsw', M: options.hnsw };
  if ('nsg' in options && options.nsg !== undefined) return { kind: 'Nsg', R: options.nsg };
  if ('coarse' in options && options.coarse !== undefined) {
    return { kind: 'Index', index: toSpec(options.coarse) };
  }
  return { kind: 'Flat' };
}
