import type { BinaryIndexData } from './binary-data.js';
import type { BinaryIndex } from './binary-index.js';
import type { BinarySpec } from './binary-spec.js';
import type { IndexData } from './data.js';
import type { ListsOnDisk } from './lists-on-disk.js';
import type { Metric } from './metric.js';
import type { FactorySpec } from './spec.js';
import type { BackendRefusal, VectorIndex } from './vector-index.js';

/** The version of the {@link Backend} interface that this package describes. */
export const BACKEND_SPEC_VERSION = 1;

/** An engine behind the {@link VectorIndex} interface. Make one with {@link defineBackend}. */
export interface Backend {
  /** Short and stable: `ts`, `faiss`. */
  readonly name: string;
  readonly specVersion: typeof BACKEND_SPEC_VERSION;
  readonly supports: BackendSupports;
  /** Whether it can run here; never throws. */
  probe(): Promise<BackendProbe>;
  /** Why it cannot build `spec` over `d` dimensions, or undefined if it can. Pure and cheap. */
  refuses(spec: FactorySpec, context: BuildContext): string | undefined;
  /**
   * The abilities of {@link Backend.supports} that an index of `spec` goes without: their calls throw `UNSUPPORTED`.
   * None where a backend has no such method. Pure and cheap.
   */
  lacks?(spec: FactorySpec, context: BuildContext): readonly Ability[];
  /** An untrained, empty index. */
  create(spec: FactorySpec, context: BuildContext): Promise<VectorIndex>;
  /**
   * Why it cannot serve `data`, or undefined if it can.
   * @param context - what {@link load} will get; lists on disk are refused where it opens none
   */
  refusesData(data: IndexData, context?: LoadContext): string | undefined;
  /** An index in the state of `data`, whose arrays are copied. */
  load(data: IndexData, context?: LoadContext): Promise<VectorIndex>;
  /** A place for an index that is about to be read, where its arrays can go at once. Backends may do without. */
  prepareLoad?(): Promise<LoadTarget>;
  /** Indexes of vectors of bits. Absent where the backend has none. */
  readonly binary?: BinaryBackend;
}

/** The part of a {@link Backend} that serves binary indexes. */
export interface BinaryBackend {
  /** Every `kind` that may occur in a spec, at any depth. */
  readonly kinds: readonly BinarySpec['kind'][];
  /** Why it cannot build `spec` over vectors of `d` bits, or undefined if it can. Pure and cheap. */
  refuses(spec: BinarySpec, context: BinaryBuildContext): string | undefined;
  /** An untrained, empty index. */
  create(spec: BinarySpec, context: BinaryBuildContext): Promise<BinaryIndex>;
  /** Why it cannot serve `data`, or undefined if it can. */
  refusesData(data: BinaryIndexData): string | undefined;
  /** An index in the state of `data`, whose arrays are copied. */
  load(data: BinaryIndexData, context?: LoadContext): Promise<BinaryIndex>;
}

export interface BinaryBuildContext {
  /** Bits of a vector. */
  readonly d: number;
  /** Recorded in the index as `refusals`. */
  readonly refusals?: readonly BackendRefusal[];
}

/** Where an index is read to: its arrays are put where the backend wants them, so that loading copies none of them. */
export interface LoadTarget {
  /**
   * Memory of `bytes` for an array of the data, or undefined for memory of the reader's own.
   * @param request - `kind`: `f32`, `u8`, `ids` (8 bytes an id, float64 in the end) or anything else; `path` of the array in
   *   the data
   * @throws LutraError `CAPACITY`
   */
  allocate(bytes: number, request: { readonly kind: string; readonly path: string }): Uint8Array | undefined;
  /**
   * In what pieces to read the vectors of a `Flat`: the bytes of each, whole rows, `bytes` together; undefined for one. Each is
   * then asked of {@link allocate}, the first as `…vectors`, the others as `…more[i]`. Targets may do without.
   */
  pieces?(
    bytes: number,
    request: { readonly rowBytes: number; readonly path: string },
  ): readonly number[] | undefined;
  /** {@link Backend.load}, once, taking over what {@link allocate} gave: the caller keeps none of it. */
  load(data: IndexData, context?: LoadContext): Promise<VectorIndex>;
}

export interface BuildContext {
  readonly d: number;
  readonly metric: Metric;
  /** `p` of the `lp` metric, above 0; of no meaning by another. */
  readonly metricArg?: number;
  /** Recorded in the index as {@link VectorIndex.refusals}. */
  readonly refusals?: readonly BackendRefusal[];
}

export interface LoadContext {
  readonly refusals?: readonly BackendRefusal[];
  /** Opens inverted lists that are on disk (`kind` `onDisk`), for a backend that `supports.listsOnDisk`. */
  readonly listsOnDisk?: ListsOnDisk;
}

export type BackendProbe =
  | {
      readonly ok: true;
      readonly version?: string;
      readonly details?: Readonly<Record<string, string | number>>;
    }
  | { readonly ok: false; readonly reason: string };

/** An ability that an index has or has not. */
export type Ability =
  | 'searchSync'
  | 'rangeSearch'
  | 'reconstruct'
  | 'removeIds'
  | 'mergeFrom'
  | 'filter'
  | 'predicates'
  | 'seed'
  | 'save'
  | 'load';

/** The abilities that a backend claims: read by users, by the choice of a backend, and by the conformance kit. */
export interface BackendSupports {
  /** Every `kind` that may occur in a spec, at any depth: `Flat`, `Ivf`, `PqFastScan`, `RefineFlat`, `Pca`, … */
  readonly kinds: readonly string[];
  readonly metrics: readonly Metric[];
  readonly searchSync: boolean;
  readonly rangeSearch: boolean;
  readonly reconstruct: boolean;
  readonly removeIds: boolean;
  readonly mergeFrom: boolean;
  readonly filter: boolean;
  /** Selectors of kind `predicate` are run as well, in whatever takes a selector. True unless told. */
  readonly predicates?: boolean;
  /**
   * Training follows `TrainOptions.seed`: the same rows and seed, the same index. True unless told; where it is
   * false, a seed given to an index that trains is `UNSUPPORTED`.
   */
  readonly seed?: boolean;
  /**
   * Bytes that one index can take, its vectors or codes, ids and centroids together; no limit of its own unless told. What
   * goes beyond throws `CAPACITY`.
   */
  readonly maxBytes?: number;
  /** `toData` works, so the index can be written to a file. */
  readonly save: boolean;
  readonly load: boolean;
  /** Inverted lists may stay on disk, see {@link LoadContext.listsOnDisk}; such an index is searched and not changed. */
  readonly listsOnDisk?: boolean;
}

/** Returns `backend` as it is; gives its literal the type. */
export function defineBackend(backend: Backend): Backend {
  return backend;
}

/** Whether `x` looks like a {@link Backend} of any specVersion. */
export function isBackend(x: unknown): x is Backend {
  if (typeof x !== 'object' || x === null) return false;
  const b = x as Partial<Backend>;
  return (
    typeof b.name === 'string' &&
    typeof b.specVersion === 'number' &&
    typeof b.supports === 'object' &&
    typeof b.probe === 'function' &&
    typeof b.create === 'function' &&
    typeof b.load === 'function'
  );
}
