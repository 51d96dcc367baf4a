import type { FactorySpec, VectorIndex } from '@lutra/core';

/** The values of search parameters, by name. */
export type Setting = Readonly<Record<string, number>>;

/** A search parameter and the values worth trying, rising in recall and in cost. */
export interface Axis {
  readonly name: string;
  /** How many values there are. */
  readonly size: number;
  /** Value number `i`, 1 to `size`. */
  readonly value: (i: number) => number;
  /** A few of them, each about twice the one before. */
  readonly ladder: readonly number[];
}

/** What the index visits, and so the parameter to search finely; the others are tried on their ladders. */
const FINE_FIRST = ['nprobe', 'efSearch', 'kFactor'];
const MOST_K_FACTOR = 1000;
const MOST_EF = 4096;
const MOST_LADDER_K_FACTOR = 128;

/**
 * The search parameters that `index` has, the one to search finely first: nprobe up to its lists, kFactor in halves,
 * efSearch, and any other that it stores as a whole number of at least 1.
 */
export function axesOf(index: Pick<VectorIndex, 'parameters' | 'spec' | 'ntotal'>, k: number): Axis[] {
  const names = Object.entries(index.parameters)
    .filter(([, value]) => typeof value === 'number')
    .map(([name]) => name);
  const rank = (name: string): number => FINE_FIRST.indexOf(name) + 1 || Infinity;
  names.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return names.map((name) => axisOf(name, index, k));
}

function axisOf(name: string, index: Pick<VectorIndex, 'spec' | 'ntotal'>, k: number): Axis {
  if (name === 'kFactor') {
    const most = Math.max(1, Math.min(MOST_K_FACTOR, Math.ceil(index.ntotal / k)));
    return {
      name,
      size: 2 * most - 1,
      value: (i) => 1 + (i - 1) / 2,
      ladder: doubling(1, Math.min(most, MOST_LADDER_K_FACTOR)),
    };
  }
  if (name === 'nprobe') return wholeAxis(name, 1, nlistOf(index.spec) ?? Math.max(1, index.ntotal));
  const most = Math.max(1, Math.min(MOST_EF, index.ntotal));
  return wholeAxis(name, Math.min(8, most), most);
}

function wholeAxis(name: string, from: number, most: number): Axis {
  return { name, size: most, value: (i) => i, ladder: doubling(from, most) };
}

/** `from`, twice it, and so on up to `most`, which is the last. */
function doubling(from: number, most: number): number[] {
  const values: number[] = [];
  for (let value = from; value < most; value *= 2) values.push(value);
  return [...values, most];
}

/** nlist of the inverted file inside, if there is one. */
export function nlistOf(spec: FactorySpec): number | undefined {
  if (spec.kind === 'Ivf') return spec.nlist;
  return 'base' in spec ? nlistOf(spec.base) : undefined;
}

/** faiss's way to write a setting: `nprobe=8,kFactor=4`; empty for no parameters. */
export function keyOf(setting: Setting): string {
  return Object.entries(setting)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** Every combination of the ladders, each rising; one empty setting for no axes. */
export function ladderGrid(axes: readonly Axis[]): Setting[] {
  return axes.reduce<Setting[]>(
    (grid, { name, ladder }) => grid.flatMap((s) => ladder.map((value) => ({ ...s, [name]: value }))),
    [{}],
  );
}

/** Whether no value of `a` is above that of `b`: then `a` finds no more and takes no longer. */
export function atMost(a: Setting, b: Setting): boolean {
  return Object.entries(a).every(([name, value]) => value <= (b[name] ?? value));
}
