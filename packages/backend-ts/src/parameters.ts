import { type BinarySearchParameters, LutraError, type SearchParameters } from '@lutra/core';
import { compileSelector } from './id-selector.js';
import type { IndexNode, NodeParameters, ParameterName } from './node.js';

type HasParameters = Pick<IndexNode, 'parameters' | 'canSketch'>;

const MISSING: Readonly<Record<ParameterName | 'sketches', string>> = {
  nprobe: 'it has no inverted lists',
  kFactor: 'it does not refine',
  efSearch: 'it has no HNSW graph',
  nflip: 'it has no hash tables',
  sketches: 'it does not refine what is in inverted lists',
};
/** Of a call, where the index has them. */
const SKETCHES = 'sketches';
const CALL_ONLY: readonly string[] = ['filter', 'threads', 'signal'];

/** The parameters of a tree, which has the same ones as long as it lives. */
const names = new WeakMap<HasParameters, readonly string[]>();

function namesOf(root: HasParameters): readonly string[] {
  let known = names.get(root);
  if (!known) {
    known = [...Object.keys(root.parameters()), ...(root.canSketch ? [SKETCHES] : [])];
    names.set(root, known);
  }
  return known;
}

/** Throws `ARGUMENT` unless each of `parameters` exists in the tree of `root` and is in its range. */
export function checkParameters(
  root: HasParameters,
  parameters: BinarySearchParameters | SearchParameters,
  allowCallOnly: boolean,
): void {
  const known = namesOf(root);
  for (const name of Object.keys(parameters)) {
    const value = parameters[name as keyof typeof parameters];
    if (value === undefined) continue;
    if (CALL_ONLY.includes(name) && allowCallOnly) continue;
    if (name === SKETCHES && known.includes(name) && !allowCallOnly) throw notStored(value);
    if (!known.includes(name)) {
      const why = MISSING[name as keyof typeof MISSING];
      const have = known.join(', ') || 'none';
      const message = `this index has no parameter ${name}${why ? `: ${why}` : ''} (it has: ${have})`;
      throw new LutraError('ARGUMENT', message, { argument: name, value, expected: have });
    }
    if (name === SKETCHES) assertBoolean(name, value);
    else checkRange(name as ParameterName, value);
  }
  if (parameters.threads !== undefined) assertCount('threads', parameters.threads);
}

function notStored(value: unknown): LutraError {
  const expected = 'a parameter that an index stores';
  return new LutraError('ARGUMENT', `sketches: an index does not store it; give it to each search`, {
    argument: SKETCHES,
    value,
    expected,
  });
}

function assertBoolean(argument: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  const expected = 'true or false';
  const message = `${argument}: ${String(value)} is not ${expected}`;
  throw new LutraError('ARGUMENT', message, { argument, value, expected });
}

function checkRange(name: ParameterName, value: unknown): void {
  if (name === 'nflip') assertWhole(name, value, 0);
  else if (name !== 'kFactor') assertCount(name, value);
  else if (typeof value !== 'number' || !(value >= 1 && value <= 1000)) {
    throw new LutraError('ARGUMENT', `kFactor: ${String(value)} is not in 1 to 1000`, {
      argument: 'kFactor',
      value,
      expected: '1 to 1000',
    });
  }
}

/** Throws `ARGUMENT` unless `value` is a whole number of at least 1. */
export function assertCount(argument: string, value: unknown): void {
  assertWhole(argument, value, 1);
}

function assertWhole(argument: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  const expected = `a whole number of at least ${least}`;
  const message = `${argument}: ${String(value)} is not ${expected}`;
  throw new LutraError('ARGUMENT', message, { argument, value, expected });
}

/** What the nodes need of a call's parameters. */
export function nodeParameters(parameters: SearchParameters & BinarySearchParameters): NodeParameters {
  const { nprobe, kFactor, efSearch, nflip, sketches, filter } = parameters;
  return { nprobe, kFactor, efSearch, nflip, sketches, filter: filter && compileSelector(filter) };
}

/** The stored parameters of a tree, as the public index shows them. */
export function storedParameters(root: HasParameters): Partial<Record<ParameterName, number>> {
  return Object.freeze({ ...root.parameters() });
}
