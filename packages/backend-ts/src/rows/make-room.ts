import type { Rows } from '@lutra/core';
import { takesMissing } from '../extra-metrics.js';
import type { IndexNode, Prepared } from '../node.js';
import type { Task } from '../task.js';
import type { IndexThreads } from '../threads/index-threads.js';
import { BLOCK_ROWS, rowBlocks } from './blocks.js';

/** An addition: whose, of what, and with how many threads. */
export interface Addition {
  readonly root: IndexNode;
  readonly x: Rows;
  /** Rows, if that is known. */
  readonly n: number | undefined;
  readonly task: Task;
  readonly threads: IndexThreads;
  readonly threadCount: number | undefined;
}

/**
 * Makes room for the `n` rows of x, if their number is known. What is read more than one block at a time, and can be read
 * twice, is shown to the index first: lists that grow block by block would leave a quarter of their memory unused, and
 * holes where they were.
 * @returns the lists of the rows, piece by piece as {@link preparedRows} cuts them, where that was found out by threads
 */
export async function makeRoom(addition: Addition): Promise<Uint32Array[] | undefined> {
  const { root, x, n, task, threads, threadCount } = addition;
  // what an addition that failed has left behind
  root.reserve(0);
  if (n === undefined) return undefined;
  let seen: Uint32Array[] | undefined;
  if (n > BLOCK_ROWS && root.foresee) {
    const blocks = rowBlocks('add', x, root.d, { signal: task.signal, missing: takesMissing(root.metric) });
    const helped = root.listsOf !== undefined && threads.canPrepare(threadCount);
    if (helped) seen = [];
    let done = 0;
    const pieces = helped
      ? threads.prepare(blocks, { d: root.d, threads: threadCount, kind: 'assign' })
      : unprepared(blocks);
    for await (const { x: block, prepared } of pieces) {
      await task.breathe();
      root.foresee(block, block.length / root.d, prepared?.assign);
      if (prepared?.assign) seen?.push(prepared.assign);
      done += block.length / root.d;
      task.progress('assign', done, n);
    }
  }
  root.reserve(n);
  return seen;
}

/** The rows of x in order, in blocks, with what threads have found out about them. */
export function preparedRows(
  { root, x, task, threads, threadCount }: Addition,
  seen: Uint32Array[] | undefined,
): AsyncIterable<{ x: Float32Array; prepared?: Prepared }> {
  const blocks = rowBlocks('add', x, root.d, { signal: task.signal, missing: takesMissing(root.metric) });
  if (!root.prepare || !threads.canPrepare(threadCount)) return unprepared(blocks);
  return threads.prepare(blocks, { d: root.d, threads: threadCount, kind: 'prepare', seen });
}

async function* unprepared(
  blocks: AsyncIterable<Float32Array>,
): AsyncGenerator<{ x: Float32Array; prepared?: Prepared }> {
  for await (const x of blocks) yield { x };
}
