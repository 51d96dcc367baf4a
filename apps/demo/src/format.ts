import type { DatasetInfo, QueryRef } from './protocol.js';

const COUNT = new Intl.NumberFormat('en-US');

/** `138,204`. */
export function count(n: number): string {
  return COUNT.format(Math.round(n));
}

/** `0.042 ms`, `3.1 s`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${(1000 * seconds).toFixed(seconds < 0.01 ? 3 : 0)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** `97.3 %`. */
export function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}

const FRAMES_A_SECOND = 50;

/** What a row is called: a word, a place in a clip, a row of a file. */
export function rowName(set: DatasetInfo, { from, row }: QueryRef): string {
  const word = from === 'rows' ? set.words?.[row] : undefined;
  if (word !== undefined) return word;
  const parts = from === 'rows' ? set.parts : set.heldOut;
  const part = parts.findLast(({ start }) => start <= row);
  if (!part) return `row ${count(row)}`;
  const at = row - part.start;
  if (set.kind === 'speech') return `${part.name} at ${(at / FRAMES_A_SECOND).toFixed(2)} s`;
  return parts.length === 1 ? `row ${count(row)}` : `${part.name}, row ${count(at)}`;
}
