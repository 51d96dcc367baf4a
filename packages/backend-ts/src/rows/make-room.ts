import type { Rows } from '@lutra/core';
import type { IndexNode } from '../node.js';
import type { Task } from '../task.js';
import { BLOCK_ROWS, rowBlocks } from './blocks.js';

/**
 * Makes room for the `n` rows of x, if their number is known. What is read more than one block at a time, and can be read
 * twice, is shown to the index first: lists that grow block by block would leave a quarter of their memory unused, and
 * holes where they were.
 */
export async function makeRoom(root: IndexNode, x: Rows, n: number | undefined, task: Task): Promise<void> {
  // what an addition that failed has left behind
  root.reserve(0);
  if (n === undefined) return;
  if (n > BLOCK_ROWS && root.foresee) {
    let done = 0;
    for await (const block of rowBlocks('add', x, root.d, task.signal)) {
      await task.breathe();
      root.foresee(block, block.length / root.d);
      done += block.length / root.d;
      task.progress('assign', done, n);
    }
  }
  root.reserve(n);
}
