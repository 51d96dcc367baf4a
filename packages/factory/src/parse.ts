import type { FactorySpec, TransformSpec } from '@lutra/core';
import { parseBasic } from './parse-basic.js';
import { parseTransforms } from './parse-transform.js';
import { MAX_DEPTH, SyntaxFault } from './syntax-fault.js';

/** The input and the partner of each opening parenthesis. */
interface Source {
  readonly input: string;
  readonly close: ReadonlyMap<number, number>;
}

/**
 * The tree of an input, or a {@link SyntaxFault}. faiss peels a string from outside: IDMap, then refines, then transforms,
 * each as a suffix or prefix of the whole rest, and only then looks at the index itself; so this parser works on ranges.
 */
export function parseSource(input: string): FactorySpec {
  return parseIndex({ input, close: matchParentheses(input) }, 0, input.length, 0);
}

function matchParentheses(input: string): Map<number, number> {
  const close = new Map<number, number>();
  const open: number[] = [];
  for (let i = 0; i < input.length; i++) {
    if (input[i] === '(') open.push(i);
    if (input[i] !== ')') continue;
    const partner = open.pop();
    if (partner === undefined) throw new SyntaxFault(i, ['the end', '","'], '")" without its "("');
    close.set(partner, i);
  }
  const left = open.pop();
  if (left !== undefined)
    throw new SyntaxFault(input.length, [')'], `expected ")" for the "(" at offset ${left}`);
  return close;
}

function parseIndex(source: Source, lo: number, hi: number, depth: number): FactorySpec {
  if (depth > MAX_DEPTH) {
    throw new SyntaxFault(lo, [`at most ${MAX_DEPTH} levels`], `nested deeper than ${MAX_DEPTH} levels`);
  }
  return (
    parseIdMap(source, lo, hi, depth + 1) ??
    parseRefine(source, lo, hi, depth + 1) ??
    parsePreTransform(source, lo, hi, depth + 1) ??
    parseBasic(source.input, lo, hi, source.close, (from, to) => parseIndex(source, from, to, depth + 1))
  );
}

const ID_MAPS = [
  ['IdMap2', 'IDMap2'],
  ['IdMap', 'IDMap'],
] as const;

function parseIdMap(source: Source, lo: number, hi: number, depth: number): FactorySpec | undefined {
  for (const [kind, token] of ID_MAPS) {
    const width = token.length + 1;
    if (hi - lo <= width) continue;
    if (source.input.startsWith(`,${token}`, hi - width)) {
      return { kind, base: parseIndex(source, lo, hi - width, depth) };
    }
    if (source.input.startsWith(`${token},`, lo)) {
      return { kind, base: parseIndex(source, lo + width, hi, depth) };
    }
  }
  return undefined;
}

function parseRefine(source: Source, lo: number, hi: number, depth: number): FactorySpec | undefined {
  const panorama = findRefine(source, lo, hi, ',RefinePanorama(');
  if (panorama !== undefined) return refineOf(source, 'RefinePanorama', lo, hi, panorama, depth);
  const flat = ',RFlat';
  if (hi - lo > flat.length && source.input.startsWith(flat, hi - flat.length)) {
    return { kind: 'RefineFlat', base: parseIndex(source, lo, hi - flat.length, depth) };
  }
  const refine = findRefine(source, lo, hi, ',Refine(');
  return refine === undefined ? undefined : refineOf(source, 'Refine', lo, hi, refine, depth);
}

/**
 * Where the refine that closes the range starts. faiss takes the *last* such token of a range that ends in ")", even
 * inside other parentheses, where it then cannot go on.
 */
function findRefine({ input, close }: Source, lo: number, hi: number, token: string): number | undefined {
  if (hi - lo <= token.length || input[hi - 1] !== ')') return undefined;
  const at = input.lastIndexOf(token, hi - token.length);
  if (at <= lo) return undefined;
  if (close.get(at + token.length - 1) === hi - 1) return at;
  const name = token.slice(1, -1);
  const what = `faiss cannot read a "${name}(" that closes before the end`;
  throw new SyntaxFault(at + 1, ['RFlat', '","'], what);
}

function refineOf(
  source: Source,
  kind: 'Refine' | 'RefinePanorama',
  lo: number,
  hi: number,
  at: number,
  depth: number,
): FactorySpec {
  const inner = at + kind.length + 2;
  const base = parseIndex(source, lo, at, depth);
  return { kind, base, refine: parseIndex(source, inner, hi - 1, depth) };
}

function parsePreTransform(source: Source, lo: number, hi: number, depth: number): FactorySpec | undefined {
  const { transforms, next } = parseTransforms(source.input, lo, hi);
  if (transforms.length === 0) return undefined;
  return {
    kind: 'PreTransform',
    transforms: transforms as [TransformSpec, ...TransformSpec[]],
    base: parseIndex(source, next, hi, depth),
  };
}
