import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { LanceTable } from './lance-table.js';

/** All ids and vectors of a table, or why not. */
export type ReadBack = { ids: Float64Array; x: Float32Array } | { error: string };

// #region read-back
/**
 * All rows of a table, at once: `toData` answers without a promise, LanceDB does not, so a thread of its own asks and
 * this one waits for it.
 */
export function readBack({ folder, d }: LanceTable): { ids: Float64Array; x: Float32Array } {
  const { port1, port2 } = new MessageChannel();
  const done = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./read-back-worker.js', import.meta.url), {
    workerData: { folder, d, port: port2, done },
    transferList: [port2],
  });
  worker.unref();
  Atomics.wait(done, 0, 0);
  const answer = receiveMessageOnPort(port1)?.message as ReadBack | undefined;
  port1.close();
  if (answer === undefined || 'error' in answer)
    throw new Error(answer?.error ?? 'no answer from the reader');
  return answer;
}
// #endregion
