import { isLutraError, type LutraError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { parseFactory } from '../src/index.js';

function fault(input: string): LutraError<'SYNTAX'> {
  try {
    parseFactory(input);
  } catch (e) {
    if (isLutraError(e, 'SYNTAX')) return e;
    throw e;
  }
  throw new Error(`${input.slice(0, 40)} parsed`);
}

describe('syntax errors', () => {
  it('show the string, a caret under the fault, what was expected, and a likely correction', () => {
    const e = fault('IVF1024,Flta');
    expect(e.message).toBe(
      [
        'factory: expected a codec after "IVF1024,"',
        '  IVF1024,Flta',
        '          ^ expected Flat, SQ8, PQ<M>, PQ<M>x4fs, FlatDedup, RQ<M>x<nbits>, …',
        '  did you mean "Flat"?',
      ].join('\n'),
    );
    expect(e.details).toMatchObject({ input: 'IVF1024,Flta', index: 8 });
    expect(e.details.expected).toContain('EDEN');
  });

  it.each([
    ['', 0],
    ['flat', 0],
    [',Flat', 0],
    ['PQ', 2],
    ['PQ8x', 4],
    ['PQ8x8fs', 5],
    ['PQ8x4fsr', 7],
    ['PQ99999999999', 2],
    ['PCA8', 4],
    ['PCA8,', 5],
    ['PCARW8,Flat', 4],
    ['IVF(Flat),Flat', 3],
    ['IVF16', 5],
    ['IVF16_NSG,Flat', 9],
    ['IVF16,', 6],
    ['IVF16,PQ8,Flat', 10],
    ['IVF16,Flat,RFlat,Foo', 17],
    ['IVF16,Flat,Refine(PQ4),Foo', 23],
    ['IVF16(PQ),Flat', 8],
    ['IVF16(Flat,Flat', 15],
    ['Flat)', 4],
    ['PQ4,Refine(PQ4,Refine(Flat))', 15],
    ['MinMax,IVF4(Flat),SQ8', 11],
    ['HNSW16,Foo', 7],
    ['HNSW16x', 6],
    ['RaBitQ10', 7],
    ['SQ5', 2],
    ['RQ4x8_Nfoo', 7],
    ['IVF4,PCA8,SH1e99', 12],
    ['IDMap,', 6],
  ])('%s fails at %i', (input, index) => {
    const e = fault(input);
    expect(e.details.index).toBe(index);
    expect(e.details.expected.length).toBeGreaterThan(0);
    const lines = e.message.split('\n');
    expect(lines[1]).toBe(`  ${input}`);
    expect((lines[2] as string).indexOf('^')).toBe(index + 2);
  });

  it.each([
    ['flat', 'Flat'],
    ['FLAT', 'Flat'],
    ['hnsw32', 'HNSW32'],
    ['PCARW8,Flat', 'PCAWR8'],
    ['l2norm,Flat', 'L2norm'],
    ['PQ8X4FS', 'PQ8x4fs'],
    ['IVF16,PQ8,Rflat', 'RFlat'],
    ['IVF16, Flat', 'IVF16,Flat'],
    [' Flat ', 'Flat'],
    ['IVF16(Flt),Flat', 'Flat'],
  ])('%s: did you mean %s', (input, hint) => {
    expect(fault(input).message.split('\n').at(-1)).toBe(`  did you mean "${hint}"?`);
  });

  it('makes no suggestion that would fail at the same place', () => {
    expect(fault('Elephant').message).not.toContain('did you mean');
  });

  it('keeps the caret in place in long and in odd input', () => {
    const long = `${'L2norm,'.repeat(50)}Flta`;
    const [, shown, caret] = fault(long).message.split('\n') as [string, string, string];
    expect(shown.slice(caret.indexOf('^'))).toBe('Flta');
    expect(fault('Flat\n,IDMap').message.split('\n')).toHaveLength(4);
  });

  it.each([
    ['parentheses', `${'('.repeat(10_000)}${')'.repeat(10_000)}`],
    ['inverted files', `${'IVF1('.repeat(10_000)}Flat${'),Flat'.repeat(10_000)}`],
    ['suffixes', `Flat${',IDMap'.repeat(10_000)}`],
    ['prefixes', `${'MinMax,'.repeat(10_000)}Flat`],
    ['refines', `Flat${',Refine(Flat)'.repeat(10_000)}`],
    ['open parentheses', '('.repeat(100_000)],
  ])('10,000 nested %s are an error, not a stack overflow', (_, input) => {
    expect(fault(input).code).toBe('SYNTAX');
  });

  it('accepts long chains, which do not nest', () => {
    expect(parseFactory(`${'L2norm,'.repeat(10_000)}Flat`)).toMatchObject({ kind: 'PreTransform' });
  });

  it('refuses what is no string', () => {
    expect(() => parseFactory(42 as unknown as string)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT', message: 'factory: expected a string, got number' }),
    );
  });
});
