import { LutraError, type Progress, type Rows } from '@lutra/core';
import { rowBlocks, rowCount } from './row-blocks.js';

/** Floats that one training call of faiss-node can be given: its one plain array must stay an ordinary one. */
const MAX_FLOATS = 1 << 26;
/** faiss's own seed: with it rows go in as they are. */
export const FAISS_SEED = 1234;

/**
 * What native training looks at, `(n, d)`: all rows if they are few enough, else a seeded sample. faiss-node has no call
 * for a seed, and faiss's own are fixed: another seed than 1234 shuffles the rows.
 * @param most - rows that training makes use of; 0 where nothing trains
 */
export async function trainingSample(
  x: Rows,
  d: number,
  given: {
    most: number;
    seed: number;
    signal: AbortSignal | undefined;
    onProgress: ((progress: Progress) => void) | undefined;
  },
): Promise<Float32Array> {
  const n = rowCount('train', x, d);
  const most = Math.max(1, Math.min(given.most, Math.floor(MAX_FLOATS / d)));
  const random = splitMix(given.seed);
  let out = new Float32Array(Math.min(most, n ?? 1024) * d);
  let seen = 0;
  for await (const block of rowBlocks('train', x, d, given.signal)) {
    for (let at = 0; at < block.length; at += d, seen++) {
      // Vitter 1985, "Random sampling with a reservoir", algorithm R
      const to = seen < most ? seen : Math.floor(random() * (seen + 1));
      if (to >= most) continue;
      if ((to + 1) * d > out.length) out = grown(out, Math.min(most, to * 2 + 1) * d);
      out.set(block.subarray(at, at + d), to * d);
    }
    given.onProgress?.({ stage: 'read', done: seen, total: n });
  }
  if (n !== undefined && seen !== n) {
    throw new LutraError('SHAPE', `train: the source says ${n} rows and gives ${seen}`, {
      argument: 'x',
      expected: `${n} rows`,
      actual: `${seen} rows`,
    });
  }
  const rows = out.subarray(0, Math.min(seen, most) * d);
  if (given.seed !== FAISS_SEED) shuffle(rows, d, random);
  return rows;
}

function grown(x: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  const y = new Float32Array(length);
  y.set(x);
  return y;
}

/** Fisher and Yates, on rows. */
function shuffle(rows: Float32Array, d: number, random: () => number): void {
  const row = new Float32Array(d);
  for (let i = rows.length / d - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    row.set(rows.subarray(i * d, (i + 1) * d));
    rows.copyWithin(i * d, j * d, (j + 1) * d);
    rows.set(row, j * d);
  }
}

/** Numbers in [0, 1) with 53 bits from a 32-bit seed. @see Steele et al. 2014, SplitMix64 */
function splitMix(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return Number((z ^ (z >> 31n)) >> 11n) / 2 ** 53;
  };
}
