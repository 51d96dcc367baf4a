import { type BinarySpec, LutraError } from '@lutra/core';
import { syntaxError } from '../parse-factory.js';
import { Scanner } from '../scanner.js';
import { MAX_DEPTH, SyntaxFault } from '../syntax-fault.js';

/**
 * The tree of a string of faiss's binary indexes: `BFlat`, `BIVFn`, `BIVFn_HNSWm`, `BHNSWm`, `BHashb`, `BHashnxb`, each
 * with `IDMap` or `IDMap2` before or behind it. faiss ignores what follows a number that it can read; here that is an
 * error.
 * @throws LutraError `SYNTAX` with the offset of the fault and what was expected there, `ARGUMENT` if `s` is no string
 * @see faiss/index_factory.cpp, index_binary_factory
 */
export function parseBinaryFactory(s: string): BinarySpec {
  if (typeof s !== 'string') {
    throw new LutraError('ARGUMENT', `factory: expected a string, got ${typeof s}`, {
      argument: 's',
      value: s,
      expected: 'a string',
    });
  }
  try {
    return parse(s, 0, s.length, 0);
  } catch (e) {
    if (e instanceof SyntaxFault) throw syntaxError(s, e, undefined);
    throw e;
  }
}

const ID_MAPS = [
  ['BinaryIdMap2', 'IDMap2'],
  ['BinaryIdMap', 'IDMap'],
] as const;

/** From outside, as faiss: an IDMap2 on either side, then an IDMap, then the index itself. */
function parse(input: string, from: number, to: number, depth: number): BinarySpec {
  if (depth > MAX_DEPTH) {
    throw new SyntaxFault(from, [`at most ${MAX_DEPTH} levels`], `nested deeper than ${MAX_DEPTH} levels`);
  }
  for (const [kind, token] of ID_MAPS) {
    const width = token.length + 1;
    if (to - from <= width) continue;
    if (input.startsWith(`,${token}`, to - width)) {
      return { kind, base: parse(input, from, to - width, depth + 1) };
    }
    if (input.startsWith(`${token},`, from)) {
      return { kind, base: parse(input, from + width, to, depth + 1) };
    }
  }
  const scanner = new Scanner(input, from, to);
  const spec = parseBasic(scanner);
  if (!scanner.done) {
    scanner.want(',IDMap');
    scanner.want(',IDMap2');
    scanner.want('the end');
    scanner.fail();
  }
  return spec;
}

function parseBasic(s: Scanner): BinarySpec {
  if (s.take('BFlat')) return { kind: 'BinaryFlat' };
  if (s.take('BIVF', 'BIVF<nlist>')) {
    const nlist = s.int('nlist');
    const coarse = s.take('_HNSW', '_HNSW<M>')
      ? ({ kind: 'BinaryHnsw', M: s.int('M') } as const)
      : ({ kind: 'BinaryFlat' } as const);
    return { kind: 'BinaryIvf', nlist, coarse };
  }
  if (s.take('BHNSW', 'BHNSW<M>')) return { kind: 'BinaryHnsw', M: s.int('M') };
  if (s.take('BHash', 'BHash<b>')) {
    const first = s.int('b');
    if (!s.take('x', 'x<b>')) return { kind: 'BinaryHash', b: first };
    return { kind: 'BinaryMultiHash', nhash: first, b: s.int('b') };
  }
  s.want('IDMap,');
  s.want('IDMap2,');
  return s.fail();
}
