/*
 * What the page asks of its worker and what comes back: plain data, cloned between the two.
 */
import type { CheckedFactory, Recommendation } from '@lutra/factory';
import type { ReportData } from '@lutra/report/data';

/** How vectors are compared; `cosine` is inner product over vectors of length 1. */
export type PageMetric = 'l2' | 'ip' | 'cosine';

export type Level = 'auto' | 'scalar' | 'simd128' | 'relaxed-simd';

/** What computes. */
export interface Engine {
  readonly level: Level;
  readonly threads: number;
}

/** What a worker finds when it starts. */
export interface Environment {
  /** The levels that run here, best first. */
  readonly levels: readonly Level[];
  /** Whether memory can be shared, and so whether there are threads. */
  readonly shared: boolean;
  readonly cores: number;
}

/** Rows that belong together: a clip, a file. */
export interface Part {
  readonly name: string;
  readonly start: number;
  readonly rows: number;
}

export interface DatasetInfo {
  readonly kind: 'speech' | 'words' | 'files' | 'index';
  readonly name: string;
  readonly n: number;
  readonly d: number;
  readonly metric: PageMetric;
  /** One or more sentences: where the data comes from. */
  readonly provenance: string;
  readonly parts: readonly Part[];
  /** Clips that are kept out of the index, to ask with. */
  readonly heldOut: readonly Part[];
  /** A label a row, for words. */
  readonly words?: readonly string[];
  /** Factory string to start with. */
  readonly suggestion: string;
}

export type Parameters = { nprobe?: number; kFactor?: number; efSearch?: number };
export type ParameterName = keyof Parameters;

export interface Stage {
  readonly name: string;
  readonly seconds: number;
}

export interface IndexInfo {
  readonly factory: string;
  readonly backend: string;
  readonly ntotal: number;
  readonly d: number;
  readonly metric: PageMetric;
  readonly level: Level;
  readonly threads: number;
  readonly stages: readonly Stage[];
  readonly seconds: number;
  readonly parameters: Parameters;
  readonly nlist: number | undefined;
  /** Size of the file. */
  readonly bytes: number;
  /** What a search cannot know, in a sentence; undefined where all is known. */
  readonly note: string | undefined;
}

/** A row of the set, or a frame of what is kept out of it. */
export interface QueryRef {
  readonly from: 'rows' | 'heldOut';
  readonly row: number;
}

export interface ListSizes {
  readonly sizes: readonly number[];
  readonly imbalance: number;
}

/** The set in a plane. */
export interface Picture {
  /** `(m, 2)`. */
  readonly points: Float32Array;
  /** Which row each point is. */
  readonly rows: Float64Array;
  /** `(nlist, 2)`, undefined for an index without lists. */
  readonly centroids: Float32Array | undefined;
  readonly lists: ListSizes | undefined;
  /** Share of the variance that the plane holds, 0 to 1. */
  readonly variance: number;
}

export interface Neighbour {
  readonly row: number;
  readonly distance: number;
  /** Whether it is one of the true nearest. */
  readonly true: boolean;
}

/** One search, taken apart. Points are places in the plane of {@link Picture}. */
export interface Inspection {
  readonly query: QueryRef;
  readonly at: readonly [number, number];
  /** Lists by distance of their centroids; the first nprobe are looked at. Empty without lists. */
  readonly lists: readonly number[];
  /** What the codes find before it is refined; empty where nothing is refined. */
  readonly candidates: Float32Array;
  readonly found: readonly Neighbour[];
  readonly foundAt: Float32Array;
  /** True neighbours that the search did not find. */
  readonly missed: readonly Neighbour[];
  readonly missedAt: Float32Array;
  /** Vectors in the lists looked at. */
  readonly scanned: number;
  readonly milliseconds: number;
}

export interface Measured {
  readonly parameters: Parameters;
  readonly recall: number;
  /** Of all queries in one call. */
  readonly qps: number;
  readonly queries: number;
  readonly p50: number;
  readonly p95: number;
  readonly source: 'you' | 'tuner';
}

export interface Reached {
  readonly reached: boolean;
  readonly why: string;
  readonly parameters: Parameters;
  readonly points: readonly Measured[];
}

export interface Blended {
  readonly name: string;
  readonly frames: number;
  readonly bands: number;
  /** Log-mel, `(frames, bands)`. */
  readonly original: Float32Array;
  readonly blended: Float32Array;
  readonly originalSound: Float32Array;
  readonly blendedSound: Float32Array;
  /** What was said, as it was synthesised. */
  readonly recording: Float32Array;
  readonly rate: number;
}

export interface Sound {
  readonly samples: Float32Array;
  readonly rate: number;
}

/** A way to go on with a factory string. */
export interface Completion {
  /** What is shown: `IVF<nlist>`. */
  readonly label: string;
  /** The whole string once it is taken. */
  readonly text: string;
  /** Where the cursor belongs: after what is fixed, before a number that is still wanted. */
  readonly cursor: number;
}

/** What is wrong with a factory string. */
export interface Fault extends PlainError {
  /** Where, for a string that does not parse. */
  readonly index: number | undefined;
}

/** A factory string, read for a set. */
export interface Reading {
  /** What was read. */
  readonly factory: string;
  readonly metric: PageMetric;
  /** What it comes to; undefined where there is a fault. */
  readonly checked: Omit<CheckedFactory, 'spec'> | undefined;
  readonly fault: Fault | undefined;
  readonly completions: readonly Completion[];
  /** Why the engine does not build the string, if it does not. */
  readonly refusal: string | undefined;
  /** For the set, whatever the string. */
  readonly recommendations: readonly Recommendation[];
}

export interface Download {
  readonly name: string;
  readonly blob: Blob;
}

/** Every question, by name: what it is asked with and what it gives. */
export interface Api {
  start(o: Record<string, never>): Environment;
  openCarried(o: { name: 'speech' | 'words' }): DatasetInfo;
  openFiles(o: { files: readonly File[] }): { dataset: DatasetInfo; index: IndexInfo | undefined };
  read(o: { factory: string; metric: PageMetric; n: number; d: number }): Reading;
  build(o: { factory: string; metric: PageMetric; engine: Engine }): IndexInfo;
  setEngine(o: { engine: Engine }): IndexInfo;
  picture(o: Record<string, never>): Picture;
  inspect(o: { query: QueryRef; k: number; parameters: Parameters }): Inspection;
  measure(o: { k: number; parameters: Parameters }): Measured;
  reach(o: { k: number; recall: number; seconds: number }): Reached;
  sound(o: { query: QueryRef; seconds: number }): Sound;
  blend(o: { clip: string; rate: number; parameters: Parameters }): Blended;
  report(o: { k: number; parameters: Parameters; points: readonly Measured[] }): ReportData;
  saveIndex(o: { parameters: Parameters }): Download;
  saveVectors(o: Record<string, never>): Download;
}

export type Method = keyof Api;

/** A step of a long call. */
export interface Step {
  readonly stage: string;
  readonly done: number;
  readonly total: number | undefined;
}

export type ToWorker =
  | { readonly type: 'call'; readonly id: number; readonly method: Method; readonly args: unknown }
  | { readonly type: 'stop'; readonly id: number };

/** An error that crossed over. */
export interface PlainError {
  readonly code: string | undefined;
  readonly message: string;
}

export type FromWorker =
  | { readonly type: 'step'; readonly id: number; readonly step: Step }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: PlainError };
