import type { TransformSpec } from '@lutra/core';
import { Scanner } from './scanner.js';

type Rule = readonly [head: string, parse: (sc: Scanner) => TransformSpec];

const pca = (sc: Scanner): TransformSpec => {
  const whiten = sc.take('W');
  const rotate = sc.take('R');
  return { kind: 'Pca', dOut: sc.int('d'), whiten, rotate };
};

const optionalDim = (sc: Scanner): { dOut?: number } => {
  const dOut = sc.optionalInt('d');
  return dOut === undefined ? {} : { dOut };
};

const opq = (sc: Scanner): TransformSpec => {
  const M = sc.int('M');
  const dOut = sc.underscoreInt('d');
  return { kind: 'Opq', M, ...(dOut !== undefined && { dOut }) };
};

const hadamard = (sc: Scanner): TransformSpec => {
  const seed = sc.optionalInt('seed');
  return { kind: 'HadamardRotation', ...(seed !== undefined && { seed }) };
};

/** No index starts with one of these heads, so a head decides. */
const RULES: readonly Rule[] = [
  ['PCA', pca],
  ['L2norm', () => ({ kind: 'L2Norm' })],
  ['L2Norm', () => ({ kind: 'L2Norm' })],
  ['RR', (sc) => ({ kind: 'RandomRotation', ...optionalDim(sc) })],
  ['HR', hadamard],
  ['ITQ', (sc) => ({ kind: 'Itq', ...optionalDim(sc) })],
  ['OPQ', opq],
  ['Pad', (sc) => ({ kind: 'Pad', dOut: sc.int('d') })],
];

/** What a transform may begin with. */
export const TRANSFORM_HEADS: readonly string[] = RULES.map(([head]) => head);

/**
 * The transforms at the start of `input[lo, hi)`, and where the index behind them begins. A range that starts with none
 * gives an empty list; one that starts like a transform and goes on differently is a fault.
 */
export function parseTransforms(
  input: string,
  lo: number,
  hi: number,
): { transforms: TransformSpec[]; next: number } {
  const transforms: TransformSpec[] = [];
  let next = lo;
  for (;;) {
    const sc = new Scanner(input, next, hi);
    const rule = RULES.find(([head]) => sc.at(head));
    if (rule === undefined) return { transforms, next };
    sc.pos += rule[0].length;
    transforms.push(rule[1](sc));
    if (!sc.take(',', '","')) sc.fail();
    next = sc.pos;
  }
}
