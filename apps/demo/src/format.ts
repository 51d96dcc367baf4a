import type { DatasetInfo, QueryRef } from './protocol.js';

const COUNT = new Intl.NumberFormat('en-US');

/** `138,204`. */
export function count(n: number): string {
  return COUNT.format(Math.round(n));
}

/** `1.5 MiB`. */
export function bytes(n: number): string {
  if (n < 1024) return `${count(n)} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  let value = n / 1024;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
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

/** `nprobe 8, kFactor 4`. */
export function settingText(parameters: object): string {
  const words = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  return words.length === 0 ? 'nothing to set' : words.join(', ');
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
