/**
 * The module that a worker of the engine runs: `new Worker(new URL('@lutra/backend-ts/worker', …), { type: 'module' })`.
 * Loaded anywhere but in a worker it does nothing.
 */
import type { Request } from './threads/messages.js';
import { nodeThreads } from './threads/node-threads.js';
import { ThreadServer } from './threads/thread-server.js';

interface Scope {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
}

const { WorkerGlobalScope } = globalThis as { WorkerGlobalScope?: new () => object };
const port = nodeThreads()?.parentPort;
if (port) {
  const server = new ThreadServer((reply, transfer) => port.postMessage(reply, transfer));
  port.on('message', (request) => server.take(request as Request));
} else if (WorkerGlobalScope !== undefined && globalThis instanceof WorkerGlobalScope) {
  const scope = globalThis as unknown as Scope;
  const server = new ThreadServer((reply, transfer) => scope.postMessage(reply, transfer));
  scope.addEventListener('message', ({ data }) => server.take(data as Request));
}
