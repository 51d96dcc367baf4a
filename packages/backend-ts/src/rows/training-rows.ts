import { LutraError, type Rows } from '@lutra/core';
import { RandomGenerator } from '../random/mt19937.js';
import { randPerm } from '../random/rand-perm.js';
import type { Task } from '../task.js';
import { rowBlocks, rowCount } from './blocks.js';
import { assertFinite } from './finite.js';

/**
 * What training looks at, `(n, d)` in memory: all of an array; at most `max` rows of a larger source, picked by the same
 * permutation that k-means would pick them by; at most `max` of a stream, by a seeded reservoir.
 * @param missing - NaN is a value that is missing, and may be there
 */
export async function trainingRows(
  x: Rows,
  d: number,
  max: number,
  task: Task,
  missing = false,
): Promise<Float32Array> {
  const n = rowCount('train', x, d);
  if (x instanceof Float32Array) {
    assertFinite('train', x, d, 0, missing);
    return x;
  }
  const blocks = rowBlocks('train', x, d, { signal: task.signal, missing });
  if (n === undefined) return reservoir(blocks, d, max, task);
  return n <= max ? all(blocks, n, d, task) : picked(blocks, n, d, max, task);
}

type Blocks = AsyncIterable<Float32Array>;

async function all(blocks: Blocks, n: number, d: number, task: Task): Promise<Float32Array> {
  const out = new Float32Array(n * d);
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

async function picked(blocks: Blocks, n: number, d: number, max: number, task: Task): Promise<Float32Array> {
  const place = new Float64Array(n).fill(-1);
  randPerm(n, task.seed)
    .subarray(0, max)
    .forEach((row, i) => {
      place[row] = i;
    });
  const out = new Float32Array(max * d);
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
async function reservoir(blocks: Blocks, d: number, max: number, task: Task): Promise<Float32Array> {
  const random = new RandomGenerator(task.seed);
  let out = new Float32Array(Math.min(max, 1024) * d);
  let seen = 0;
  for await (const block of blocks) {
    for (let at = 0; at < block.length; at += d, seen++) {
      const to = seen < max ? seen : Math.floor(random.randDouble() * (seen + 1));
      if (to >= max) continue;
      if ((to + 1) * d > out.length) out = grown(out, Math.min(max, to * 2) * d);
      out.set(block.subarray(at, at + d), to * d);
    }
    task.progress('read', seen, undefined);
    await task.breathe();
  }
  return out.subarray(0, Math.min(seen, max) * d);
}

function grown(x: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  const y = new Float32Array(length);
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
