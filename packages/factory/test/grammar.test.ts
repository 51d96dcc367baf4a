import { METRICS } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { unlistedHeads } from '../src/grammar/grammar-tokens.js';
import { checkFactory, GRAMMAR_EXAMPLE_D, grammarTokens, parseFactory, specKinds } from '../src/index.js';

describe('the list of tokens', () => {
  it('has every head of the tables of the parser, and no other', () => {
    expect(unlistedHeads()).toEqual([]);
  });

  it('has each example once, and each can be built in some metric', () => {
    const examples = grammarTokens().map((t) => t.example);
    expect(new Set(examples).size).toBe(examples.length - 1); // Flat in lists is IVF4,Flat, which shows IVF as well
    const nowhere = examples.filter((example) =>
      METRICS.every((metric) => {
        try {
          checkFactory(parseFactory(example), { d: GRAMMAR_EXAMPLE_D, metric });
          return false;
        } catch {
          return true;
        }
      }),
    );
    expect(nowhere).toEqual([]);
  });

  it('has every kind of spec', () => {
    const kinds = new Set(grammarTokens().flatMap((t) => specKinds(parseFactory(t.example))));
    expect([...kinds].sort()).toMatchInlineSnapshot(`
      [
        "AdditiveFastScan",
        "AdditiveQuantizer",
        "Coarse:Hnsw",
        "Coarse:Index",
        "Coarse:MultiIndex",
        "Coarse:Nsg",
        "Eden",
        "Flat",
        "FlatDedup",
        "FlatPanorama",
        "HadamardRotation",
        "Hnsw",
        "IdMap",
        "IdMap2",
        "Itq",
        "Ivf",
        "L2Norm",
        "Lattice",
        "Lsh",
        "Nsg",
        "Opq",
        "Pad",
        "Pca",
        "Pq",
        "PqFastScan",
        "PqR",
        "PreTransform",
        "RaBitQ",
        "RaBitQFastScan",
        "RandomRotation",
        "Refine",
        "RefineFlat",
        "RefinePanorama",
        "RowwiseMinMax",
        "RowwiseMinMaxFp16",
        "ScalarQuantizer",
        "SpectralHash",
        "TwoLayer",
      ]
    `);
  });
});
