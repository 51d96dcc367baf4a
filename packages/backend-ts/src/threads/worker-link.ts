import { LutraError } from '@lutra/core';
import type { KernelHandle } from '@lutra/kernels';
import type { Job, JobResult, Reply, Request } from './messages.js';
import type { WorkerLike } from './node-threads.js';
import { fromPlainError, threadFailed } from './plain-error.js';

/** Memory for a worker's arena. */
export interface Regions {
  /** @throws LutraError `CAPACITY` */
  alloc(bytes: number): number;
  free(ptr: number): void;
}

interface Waiting {
  resolve(result: JobResult): void;
  reject(error: LutraError): void;
}

/** The first region of a worker's arena, in bytes; each further one is as large as all before it, or what is wanted. */
const FIRST_REGION = 2 ** 20;
/** What an allocation may take beyond its size, and the ends of a region. */
const MARGIN = 4096;

/** One worker: sends it jobs, keeps count of them, gives its arena memory. After it has ended all fails with `BACKEND`. */
export class WorkerLink {
  readonly #worker: WorkerLike;
  readonly #memory: Regions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #regions: number[] = [];
  #given = 0;
  #ids = 0;
  #ended: LutraError | undefined;

  constructor(worker: WorkerLike, handle: KernelHandle, memory: Regions) {
    this.#worker = worker;
    this.#memory = memory;
    listen(worker, {
      message: (reply) => this.#take(reply),
      error: (cause) =>
        this.#end(threadFailed(`a worker failed: ${messageOf(cause)}${hintFor(cause)}`, cause)),
      exit: (code) => this.#end(threadFailed(`a worker ended with code ${code}`)),
    });
    worker.unref?.();
    this.tell({ kind: 'attach', handle });
    this.#giveRegion(FIRST_REGION);
  }

  /** Whether it takes no more jobs. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Sends a message that has no answer. */
  tell(request: Request): void {
    if (!this.#ended) this.#worker.postMessage(request, []);
  }

  /** The worker's answer to `job`; the arrays of `transfer` are the worker's from now on. */
  ask(job: Job, transfer: ArrayBuffer[] = []): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      const id = this.#ids++;
      if (this.#waiting.size === 0) this.#worker.ref?.();
      this.#waiting.set(id, { resolve, reject });
      try {
        this.#worker.postMessage({ kind: 'job', id, job } satisfies Request, transfer);
      } catch (cause) {
        this.#settle(id)?.reject(
          threadFailed(`a job cannot be sent to a worker: ${messageOf(cause)}`, cause),
        );
      }
    });
  }

  /** Ends the worker; jobs under way fail. */
  terminate(): void {
    this.#worker.terminate();
    this.#end(new LutraError('STATE', 'search: the index was disposed of', { state: 'disposed' }));
  }

  #take(reply: Reply): void {
    if (reply.kind === 'lack') {
      this.#answerLack(reply.id, reply.bytes);
      return;
    }
    const waiting = this.#settle(reply.id);
    if (reply.kind === 'done') waiting?.resolve(reply.result);
    else waiting?.reject(fromPlainError(reply.error));
  }

  #answerLack(id: number, bytes: number): void {
    try {
      this.#giveRegion(Math.max(bytes + MARGIN, this.#given));
    } catch {
      try {
        this.#giveRegion(bytes + MARGIN);
      } catch (e) {
        this.tell({ kind: 'drop', id });
        this.#settle(id)?.reject(e as LutraError);
      }
    }
  }

  #giveRegion(bytes: number): void {
    if (this.#ended) return;
    const ptr = this.#memory.alloc(bytes);
    this.#regions.push(ptr);
    this.#given += bytes;
    this.tell({ kind: 'region', ptr, bytes });
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    // an idle worker keeps no process alive
    if (this.#waiting.size === 0) this.#worker.unref?.();
    return waiting;
  }

  #end(error: LutraError): void {
    if (this.#ended) return;
    this.#ended = error;
    for (const ptr of this.#regions) this.#memory.free(ptr);
    this.#regions.length = 0;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

interface Events {
  message(reply: Reply): void;
  error(cause: unknown): void;
  exit(code: number): void;
}

interface Listening {
  on?(event: string, listener: (value: never) => void): unknown;
  addEventListener?(type: string, listener: (event: never) => void): void;
}

function listen(worker: WorkerLike, events: Events): void {
  const { on, addEventListener } = worker as Listening;
  if (on) {
    on.call(worker, 'message', events.message);
    on.call(worker, 'messageerror', events.error);
    on.call(worker, 'error', events.error);
    on.call(worker, 'exit', events.exit);
    return;
  }
  const listenTo = addEventListener?.bind(worker);
  listenTo?.('message', ({ data }: { data: Reply }) => events.message(data));
  listenTo?.('messageerror', () => events.error(new Error('a message does not arrive')));
  listenTo?.('error', (event: { message?: string; error?: unknown }) =>
    events.error(event.error ?? new Error(event.message || 'the file of the worker does not load')),
  );
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function hintFor(cause: unknown): string {
  const { code } = (cause ?? {}) as { code?: unknown };
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
    ? '; a bundle needs the file of the worker beside it, or ts({ createWorker })'
    : '';
}
