import { takesMissing } from '../extra-metrics.js';
import { type IndexNode, type Prepared, type Vectors, widthOf } from '../node.js';
import type { Task } from '../task.js';
import type { IndexThreads } from '../threads/index-threads.js';
import { BLOCK_ROWS, type RowArray, type RowsOf, rowBlocks } from './blocks.js';

/** An addition: whose, of what, and with how many threads. */
export interface Addition<V extends Vectors = Float32Array> {
  readonly root: IndexNode<V>;
  readonly x: RowsOf<V>;
  /** What rows come in. */
  readonly array: RowArray<V>;
  /** Rows, if that is known. */
  readonly n: number | undefined;
  readonly task: Task;
  readonly threads: IndexThreads<V>;
  readonly threadCount: number | undefined;
}

/**
 * Makes room for the `n` rows of x, if their number is known. What is read more than one block at a time, and can be read
 * twice, is shown to the index first: lists that grow block by block would leave a quarter of their memory unused, and
 * holes where they were.
 * @returns the lists of the rows, piece by piece as {@link preparedRows} cuts them, where that was found out by threads
 */
export async function makeRoom<V extends Vectors>(addition: Addition<V>): Promise<Uint32Array[] | undefined> {
  const { root, n, task, threads, threadCount } = addition;
  const width = widthOf(root);
  // what an addition that failed has left behind
  root.reserve(0);
  if (n === undefined) return undefined;
  let seen: Uint32Array[] | undefined;
  if (n > BLOCK_ROWS && root.foresee) {
    const blocks = blocksOf(addition);
    const helped = root.listsOf !== undefined && threads.canPrepare(threadCount);
    if (helped) seen = [];
    let done = 0;
    const pieces = helped
      ? threads.prepare(blocks, { d: width, threads: threadCount, kind: 'assign' })
      : unprepared(blocks);
    for await (const { x: block, prepared } of pieces) {
      await task.breathe();
      root.foresee(block, block.length / width, prepared?.assign);
      if (prepared?.assign) seen?.push(prepared.assign);
      done += block.length / width;
      task.progress('assign', done, n);
    }
  }
  root.reserve(n);
  return seen;
}

/** The rows of x in order, in blocks, with what threads have found out about them. */
export function preparedRows<V extends Vectors>(
  addition: Addition<V>,
  seen: Uint32Array[] | undefined,
): AsyncIterable<{ x: V; prepared?: Prepared }> {
  const { root, threads, threadCount } = addition;
  const blocks = blocksOf(addition);
  if (!root.prepare || !threads.canPrepare(threadCount)) return unprepared(blocks);
  return threads.prepare(blocks, { d: widthOf(root), threads: threadCount, kind: 'prepare', seen });
}

function blocksOf<V extends Vectors>({ root, x, array, task }: Addition<V>): AsyncGenerator<V> {
  const options = { signal: task.signal, missing: takesMissing(root.metric) };
  return rowBlocks('add', x, widthOf(root), array, options);
}

async function* unprepared<V extends Vectors>(
  blocks: AsyncIterable<V>,
): AsyncGenerator<{ x: V; prepared?: Prepared }> {
  for await (const x of blocks) yield { x };
}
