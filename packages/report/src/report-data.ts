import type { IndexData, Metric } from '@lutra/core';
import type { PartBytes } from '@lutra/faiss-format';

/** A setting and what it gave, as a report shows it. */
export interface ReportPoint {
  readonly parameters: Readonly<Record<string, number>>;
  readonly recall: number;
  /** Where the recall of all queries lies, if that was asked. */
  readonly low?: number;
  readonly high?: number;
  readonly qps: number;
}

/** Everything that a report page shows; plain data. */
export interface ReportData {
  readonly title: string;
  /** Names and values at the top. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly k: number;
  readonly points: readonly ReportPoint[];
  /** The point to mark, if one was chosen. */
  readonly chosen?: ReportPoint;
  readonly targetRecall?: number;
  /** Milliseconds of calls with one query, and the setting that they are of. */
  readonly latency: { readonly setting: string; readonly ms: readonly number[] };
  /** Vectors in each inverted list; undefined for an index without lists. */
  readonly listSizes: readonly number[] | undefined;
  readonly bytes: PartBytes;
}

/** What the top of a page says of an index, as names and values. */
export function indexFacts(index: {
  factory: string;
  ntotal: number;
  d: number;
  metric: Metric | string;
  backend: string;
}): readonly (readonly [string, string])[] {
  return [
    ['index', index.factory],
    ['vectors', `${index.ntotal.toLocaleString('en-US')} of ${index.d} dimensions, ${index.metric}`],
    ['backend', index.backend],
  ];
}

/** Vectors in each inverted list of an index, at whatever depth they are; undefined if there are none. */
export function listSizesOf(data: IndexData): number[] | undefined {
  if ('invlists' in data) {
    return 'ids' in data.invlists ? data.invlists.ids.map((ids) => ids.length) : undefined;
  }
  return 'base' in data ? listSizesOf(data.base) : undefined;
}

/** `nprobe 8, kFactor 4`. */
export function settingText(parameters: Readonly<Record<string, number>>): string {
  const words = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  return words.length === 0 ? 'no parameters' : words.join(', ');
}
