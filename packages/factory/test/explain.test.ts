import { readFileSync } from 'node:fs';
import { isLutraError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import {
  type ExplainedFactory,
  type ExplainedNode,
  explainFactory,
  type FactoryToken,
  GRAMMAR_EXAMPLE_D,
  grammarTokens,
} from '../src/index.js';

const explain = (text: string, d = GRAMMAR_EXAMPLE_D): ExplainedFactory => {
  try {
    return explainFactory(text, { d });
  } catch (e) {
    if (!isLutraError(e, 'ARGUMENT')) throw e;
    return explainFactory(text, { d, metric: 'ip' });
  }
};

const tokensOf = (node: ExplainedNode): FactoryToken[] => [
  ...node.tokens,
  ...node.children.flatMap((child) => tokensOf(child)),
];

const classesOf = (node: ExplainedNode): string =>
  node.children.length === 0
    ? node.className
    : `${node.className}(${node.children.map((child) => `${child.role} ${classesOf(child)}`).join(', ')})`;

const golden = JSON.parse(
  readFileSync(new URL('./fixtures/faiss-factory.json', import.meta.url), 'utf8'),
) as {
  d: number;
  cases: { s: string; l2: unknown; ip: unknown }[];
};

describe('explainFactory', () => {
  it.each([
    [
      'OPQ4_8,IVF4_HNSW4,PQ4x4fsr,RFlat,IDMap',
      'IndexIDMap(base IndexRefineFlat(base IndexPreTransform(transform OPQMatrix, base IndexIVFPQFastScan(quantizer IndexHNSWFlat)), refine IndexFlatL2))',
    ],
    ['IVF16(IVF4,SQ8),Flat', 'IndexIVFFlat(quantizer IndexIVFScalarQuantizer(quantizer IndexFlatL2))'],
    ['PQ4,Refine(SQ8)', 'IndexRefine(base IndexPQ, refine IndexScalarQuantizer)'],
    ['IMI2x2,PQ4', 'IndexIVFPQ(quantizer MultiIndexQuantizer)'],
  ])('%s is %s', (text, classes) => {
    expect(classesOf(explain(text).tree)).toBe(classes);
  });

  it('has every token of the string in the tree, each with a sentence', () => {
    for (const { example } of grammarTokens()) {
      const { tree, tokens } = explain(example);
      const found = tokensOf(tree);
      expect(new Set(found), example).toEqual(new Set(tokens));
      expect(found.length, example).toBe(tokens.length);
      for (const token of tokens) {
        expect(token.meaning, `${example}: ${token.text}`).toMatch(/^[^A-Z].{9,}[^.]$/);
        expect(token.meaning, `${example}: ${token.text}`).not.toMatch(/undefined|NaN|null/);
      }
    }
  });

  it('names each number of a token in its sentence', () => {
    const silent: string[] = [];
    for (const { example } of grammarTokens()) {
      for (const { text, meaning, kind } of explain(example).tokens) {
        // names with a digit in them
        if (['ScalarQuantizer', 'L2Norm', 'IdMap2', 'RowwiseMinMaxFp16'].includes(kind)) continue;
        const digits = text.replace(/x4fsr?|_N\w+|2x4$|IMI2x|\dx/g, ' ').match(/\d+/g) ?? [];
        const told = digits.filter((n) => !new RegExp(`\\b(${n}|${2 ** Number(n)})\\b`).test(meaning));
        if (told.length > 0) silent.push(`${text}: ${told.join(' ')} not in "${meaning}"`);
      }
    }
    expect(silent).toEqual([]);
  });

  it("names faiss's classes", () => {
    const wrong: string[] = [];
    let compared = 0;
    for (const { s, ...answers } of golden.cases) {
      for (const metric of ['l2', 'ip'] as const) {
        const answer = answers[metric];
        if (!Array.isArray(answer)) continue;
        try {
          const found = explainFactory(s, { d: golden.d, metric }).tree.className;
          compared++;
          // Python shows a base class for some; the file names the class itself
          const base = { IndexFlatL2: 'IndexFlat', IndexFlatIP: 'IndexFlat', IndexHNSW2Level: 'IndexHNSW' };
          const alike = found === 'IndexRefineFlat' ? 'IndexRefine' : base[found as keyof typeof base];
          if (found !== answer[0] && alike !== answer[0])
            wrong.push(`${s} ${metric}: ${found}, faiss ${answer[0]}`);
        } catch (e) {
          if (!isLutraError(e)) throw e;
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(350);
  });
});
