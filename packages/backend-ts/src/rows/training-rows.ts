import { LutraError } from '@lutra/core';
import { cut, type Vectors } from '../node.js';
import { RandomGenerator } from '../random/mt19937.js';
import { randPerm } from '../random/rand-perm.js';
import type { Task } from '../task.js';
import { type RowArray, type RowsOf, rowBlocks, rowCount } from './blocks.js';
import { assertFinite } from './finite.js';

/**
 * What training looks at, `(n, d)` in memory: all of an array; at most `max` rows of a larger source, picked by the same
 * permutation that k-means would pick them by; at most `max` of a stream, by a seeded reservoir.
 * @param missing - NaN is a value that is missing, and may be there
 */
export async function trainingRows<V extends Vectors>(
  x: RowsOf<V>,
  d: number,
  array: RowArray<V>,
  max: number,
  task: Task,
  missing = false,
): Promise<V> {
  const n = rowCount('train', x, d, array);
  if (x instanceof array) {
    if (x instanceof Float32Array) assertFinite('train', x, d, 0, missing);
    return x;
  }
  const blocks = rowBlocks('train', x, d, array, { signal: task.signal, missing });
  if (n === undefined) return reservoir(blocks, { d, max, array }, task);
  return n <= max ? all(blocks, n, { d, max, array }, task) : picked(blocks, n, { d, max, array }, task);
}

type Blocks<V> = AsyncIterable<V>;

/** What rows are wanted: as arrays of what, of d elements, at most how many. */
interface Wanted<V extends Vectors> {
  readonly d: number;
  readonly max: number;
  readonly array: RowArray<V>;
}

async function all<V extends Vectors>(
  blocks: Blocks<V>,
  n: number,
  { d, array }: Wanted<V>,
  task: Task,
): Promise<V> {
  const out = new array(n * d);
  let at = 0;
  for await (const block of blocks) {
    if (at + block.length > out.length) throw wrongCount(n, (at + block.length) / d);
    out.set(block, at);
    at += block.length;
    task.progress('read', at / d, n);
    await task.breathe();
  }
  if (at !== out.length) throw wrongCount(n, at / d);
  return out;
}

async function picked<V extends Vectors>(
  blocks: Blocks<V>,
  n: number,
  { d, max, array }: Wanted<V>,
  task: Task,
): Promise<V> {
  const place = new Float64Array(n).fill(-1);
  randPerm(n, task.seed)
    .subarray(0, max)
    .forEach((row, i) => {
      place[row] = i;
    });
  const out = new array(max * d);
  let row = 0;
  for await (const block of blocks) {
    for (let at = 0; at < block.length; at += d, row++) {
      const to = place[row]!;
      if (to >= 0) out.set(block.subarray(at, at + d), to * d);
    }
    task.progress('read', row, n);
    await task.breathe();
  }
  if (row !== n) throw wrongCount(n, row);
  return out;
}

/** @see Vitter 1985, "Random sampling with a reservoir", algorithm R */
async function reservoir<V extends Vectors>(
  blocks: Blocks<V>,
  { d, max, array }: Wanted<V>,
  task: Task,
): Promise<V> {
  const random = new RandomGenerator(task.seed);
  let out = new array(Math.min(max, 1024) * d);
  let seen = 0;
  for await (const block of blocks) {
    for (let at = 0; at < block.length; at += d, seen++) {
      const to = seen < max ? seen : Math.floor(random.randDouble() * (seen + 1));
      if (to >= max) continue;
      if ((to + 1) * d > out.length) out = grown(out, new array(Math.min(max, to * 2) * d));
      out.set(block.subarray(at, at + d), to * d);
    }
    task.progress('read', seen, undefined);
    await task.breathe();
  }
  return cut(out, 0, Math.min(seen, max) * d);
}

function grown<V extends Vectors>(x: V, y: V): V {
  y.set(x);
  return y;
}

function wrongCount(wanted: number, found: number): LutraError {
  return new LutraError('SHAPE', `train: the source says ${wanted} rows and gives ${found}`, {
    argument: 'x',
    expected: `${wanted} rows`,
    actual: `${found} rows`,
  });
}
