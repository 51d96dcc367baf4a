/*
 * The worker's side: answers questions by name, tells how far they have come, and stops those that are called off.
 */
import { assertNotAborted, isLutraError } from '@lutra/core';
import type { Api, FromWorker, Method, PlainError, Step, ToWorker } from '../protocol.js';

/** What a method may use beside its arguments. */
export interface Call {
  readonly signal: AbortSignal;
  step(step: Step): void;
}

export type Methods = {
  readonly [M in Method]: (
    args: Parameters<Api[M]>[0],
    call: Call,
  ) => Promise<ReturnType<Api[M]>> | ReturnType<Api[M]>;
};

const STEP_MS = 40;

/** Methods that neither change nor use the index: they need not wait for one that does. */
const FREE: readonly Method[] = ['start', 'read', 'sound'];

/** Takes the messages of a page. */
export class Server {
  readonly #methods: Methods;
  readonly #post: (message: FromWorker) => void;
  readonly #running = new Map<number, AbortController>();
  /** Settles when all that was asked before has been answered. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(methods: Methods, post: (message: FromWorker) => void) {
    this.#methods = methods;
    this.#post = post;
  }

  take(message: ToWorker): void {
    if (message.type === 'stop') this.#running.get(message.id)?.abort();
    else this.#queue(message.id, message.method, message.args);
  }

  #queue(id: number, method: Method, args: unknown): void {
    const controller = new AbortController();
    this.#running.set(id, controller);
    if (FREE.includes(method)) void this.#answer(id, method, args, controller);
    else this.#before = this.#before.then(() => this.#answer(id, method, args, controller));
  }

  async #answer(id: number, method: Method, args: unknown, controller: AbortController): Promise<void> {
    try {
      assertNotAborted(controller.signal);
      const perform = this.#methods[method] as (args: unknown, call: Call) => unknown;
      const value = await perform(args, { signal: controller.signal, step: this.#stepper(id) });
      this.#post({ type: 'result', id, value });
    } catch (e) {
      this.#post({ type: 'error', id, error: plain(e) });
    } finally {
      this.#running.delete(id);
    }
  }

  /** Posts no more steps than a page can draw, but every change of stage. */
  #stepper(id: number): (step: Step) => void {
    let last = Number.NEGATIVE_INFINITY;
    let stage = '';
    return (step) => {
      const now = performance.now();
      if (now - last < STEP_MS && step.stage === stage) return;
      last = now;
      stage = step.stage;
      this.#post({ type: 'step', id, step });
    };
  }
}

function plain(e: unknown): PlainError {
  if (isLutraError(e)) return { code: e.code, message: e.message };
  return { code: undefined, message: e instanceof Error ? `${e.name}: ${e.message}` : String(e) };
}
