import type { MeasuredSetting } from './choose/session.js';

/** Version of {@link TuneRecord}. */
export const TUNE_RECORD_VERSION = 1;

/** What a tuning measured and chose, as it stands in the side file beside an index. Plain JSON. */
export interface TuneRecord {
  readonly format: 'lutra-tune';
  readonly version: typeof TUNE_RECORD_VERSION;
  readonly index: {
    readonly factory: string;
    readonly d: number;
    readonly metric: string;
    readonly ntotal: number;
    readonly backend: string;
    readonly bytes: number;
  };
  /** There if the searches chose their candidates by sketches: the setting is one for such searches. */
  readonly sketches?: boolean;
  readonly target: { readonly recall?: number; readonly latencyMs?: number; readonly memoryBytes?: number };
  readonly k: number;
  /** Of the bounds of each recall. */
  readonly confidence: number;
  readonly reached: boolean;
  readonly why: string;
  readonly chosen: MeasuredSetting | null;
  /** What the index stored before. */
  readonly before: MeasuredSetting;
  /** Everything timed and measured over the whole sample, by rising recall. */
  readonly curve: readonly MeasuredSetting[];
  readonly sample: {
    readonly queries: number;
    readonly drawnFrom: 'queries' | 'rows';
    readonly seed: number;
    /** SHA-256 of the queries. */
    readonly sha256: string;
  };
  /** Digest of the rows: SHA-256 of up to 1024 of them, evenly spread; null where none were given. */
  readonly data: { readonly rows: number; readonly sha256: string } | null;
  readonly seconds: number;
  readonly versions: { readonly '@lutra/tune': string };
}
