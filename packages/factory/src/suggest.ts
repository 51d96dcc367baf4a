import { parseSource } from './parse.js';
import { SyntaxFault } from './syntax-fault.js';

/** Every word of the grammar that somebody could mistype. */
const WORDS: readonly string[] = [
  'Flat',
  'FlatDedup',
  'FlatPanorama',
  'FlatL2Panorama',
  'FlatIPPanorama',
  'IDMap',
  'IDMap2',
  'RFlat',
  'Refine',
  'RefinePanorama',
  'PCA',
  'PCAR',
  'PCAW',
  'PCAWR',
  'L2norm',
  'RR',
  'HR',
  'ITQ',
  'OPQ',
  'Pad',
  'IVF',
  'IMI2x',
  'HNSW',
  'NSG',
  'LSH',
  'ZnLattice',
  'SQ',
  'SQfp16',
  'SQbf16',
  'PQ',
  'RQ',
  'RCQ',
  'LSQ',
  'LSCQ',
  'PRQ',
  'PLSQ',
  'RaBitQ',
  'RaBitQfs',
  'EDEN',
  'MinMax',
  'MinMaxFP16',
  'Residual',
];

const MAX_INPUT = 500;
const MAX_TRIES = 24;

/** What the user may have meant, or undefined. Only what gets past the fault is offered. */
export function suggest(input: string, fault: SyntaxFault): string | undefined {
  if (input.length > MAX_INPUT) return undefined;
  const bare = input.replace(/\s+/gu, '');
  if (bare !== input && faultAt(bare) === undefined) return bare;
  const start = boundaryBefore(input, fault.index);
  const end = boundaryAfter(input, fault.index);
  const token = input.slice(start, end);
  const tail = input.slice(end);
  for (const word of candidates(token)) {
    const at = faultAt(input.slice(0, start) + word + tail);
    if (at === undefined || at > start + word.length) return word;
  }
  return undefined;
}

/** Where `input` fails, or undefined if it does not. */
function faultAt(input: string): number | undefined {
  try {
    parseSource(input);
    return undefined;
  } catch (e) {
    if (e instanceof SyntaxFault) return e.index;
    throw e;
  }
}

function boundaryBefore(input: string, index: number): number {
  let i = index;
  while (i > 0 && !',(_'.includes(input[i - 1] as string)) i--;
  return i;
}

function boundaryAfter(input: string, index: number): number {
  let i = index;
  while (i < input.length && !',()_'.includes(input[i] as string)) i++;
  return i;
}

/** Corrections of `token`, nearest first: of the whole token, or of the letters in front of its numbers. */
function candidates(token: string): string[] {
  const letters = leadingLetters(token);
  const rest = token.slice(letters.length);
  const found = new Map<string, number>();
  const offer = (word: string, cost: number): void => {
    if (word !== token && cost < (found.get(word) ?? Infinity)) found.set(word, cost);
  };
  for (const word of WORDS) {
    const whole = distance(token, word);
    if (whole <= tolerance(word)) offer(word, whole);
    const head = leadingLetters(word);
    const part = letters === '' ? Infinity : distance(letters, head);
    if (part <= tolerance(head)) {
      offer(head + rest, part);
      offer(head + rest.toLowerCase(), part + 0.5);
    }
  }
  return [...found]
    .sort((a, b) => a[1] - b[1])
    .slice(0, MAX_TRIES)
    .map(([word]) => word);
}

function tolerance(word: string): number {
  return word.length <= 2 ? 0.5 : word.length <= 3 ? 1 : 2;
}

function leadingLetters(token: string): string {
  let i = 0;
  while (i < token.length && /[a-z]/iu.test(token[i] as string)) i++;
  return token.slice(0, i);
}

const lower = (c: string | undefined): string => (c ?? '').toLowerCase();

/** What it costs to read `x` for `y`: a wrong case is next to nothing. */
const difference = (x: string | undefined, y: string | undefined): number =>
  x === y ? 0 : lower(x) === lower(y) ? 0.1 : 1;

/** Edits from `a` to `b`, a swap of neighbours being one (optimal string alignment). */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Infinity;
  const width = b.length + 1;
  const cost = new Float64Array((a.length + 1) * width).map((_, at) => (at < width ? at : 0));
  for (let i = 1; i <= a.length; i++) {
    const row = i * width;
    cost[row] = i;
    for (let j = 1; j <= b.length; j++) {
      const up = row - width + j;
      const same = difference(a[i - 1], b[j - 1]);
      let best = Math.min(cost[up]! + 1, cost[row + j - 1]! + 1, cost[up - 1]! + same);
      const swapped =
        i > 1 && j > 1 && lower(a[i - 1]) === lower(b[j - 2]) && lower(a[i - 2]) === lower(b[j - 1]);
      if (swapped) best = Math.min(best, cost[up - width - 2]! + 0.9);
      cost[row + j] = best;
    }
  }
  return cost[cost.length - 1]!;
}
