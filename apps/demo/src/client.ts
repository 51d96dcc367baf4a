/*
 * The page's side of the worker: one promise a question, with progress and an AbortSignal that reaches the worker.
 */
import type { Api, FromWorker, Method, PlainError, Step, ToWorker } from './protocol.js';

/** The part of a Worker that is used; tests put a pair of message ports here. */
export interface WorkerPort {
  postMessage(message: ToWorker): void;
  addEventListener(type: 'message', listener: (event: { data: FromWorker }) => void): void;
  addEventListener(type: 'error', listener: (event: { message?: string }) => void): void;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onStep?: (step: Step) => void;
}

/** An error of the worker: `code` is that of a LutraError, or undefined for a fault of the page. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError';
  readonly code: string | undefined;

  constructor({ code, message }: PlainError) {
    super(message);
    this.code = code;
  }
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  onStep: ((step: Step) => void) | undefined;
  forget(): void;
}

/** Asks a worker. */
export class Client {
  readonly #port: WorkerPort;
  readonly #pending = new Map<number, Pending>();
  #next = 1;
  #dead: WorkerError | undefined;

  constructor(port: WorkerPort) {
    this.#port = port;
    port.addEventListener('message', ({ data }) => this.#take(data));
    port.addEventListener('error', ({ message }) => this.#die(message));
  }

  /**
   * What the worker answers.
   * @throws WorkerError, with code `ABORTED` once `signal` has fired
   */
  call<M extends Method>(
    method: M,
    args: Parameters<Api[M]>[0],
    { signal, onStep }: CallOptions = {},
  ): Promise<ReturnType<Api[M]>> {
    if (this.#dead) return Promise.reject(this.#dead);
    if (signal?.aborted) return Promise.reject(new WorkerError({ code: 'ABORTED', message: 'stopped' }));
    const id = this.#next++;
    const stop = (): void => this.#port.postMessage({ type: 'stop', id });
    signal?.addEventListener('abort', stop);
    return new Promise((resolve, reject) => {
      const forget = (): void => signal?.removeEventListener('abort', stop);
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject, onStep, forget });
      this.#port.postMessage({ type: 'call', id, method, args });
    });
  }

  #take(message: FromWorker): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    if (message.type === 'step') {
      pending.onStep?.(message.step);
      return;
    }
    this.#pending.delete(message.id);
    pending.forget();
    if (message.type === 'result') pending.resolve(message.value);
    else pending.reject(new WorkerError(message.error));
  }

  #die(message: string | undefined): void {
    const text = `the worker stopped: ${message ?? 'it gave no reason'}; reload the page to start again`;
    this.#dead = new WorkerError({ code: undefined, message: text });
    for (const pending of this.#pending.values()) {
      pending.forget();
      pending.reject(this.#dead);
    }
    this.#pending.clear();
  }
}
