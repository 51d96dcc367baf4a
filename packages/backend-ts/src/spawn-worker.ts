import { nodeThreads, type WorkerLike } from './threads/node-threads.js';

interface WebWorkers {
  readonly Worker?: new (url: URL, options: { type: 'module' }) => WorkerLike;
}

/** Apart from the expression below, which bundlers look for, so that they do not take it for one more file of the bundle. */
const FILE = './worker.js';

/** A worker that runs `worker.js`, the file beside this one; undefined where there are no workers. */
export function spawnWorker(): WorkerLike | undefined {
  const threads = nodeThreads();
  if (threads) return new threads.Worker(new URL(FILE, import.meta.url));
  const { Worker } = globalThis as WebWorkers;
  if (Worker === undefined) return undefined;
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
}
