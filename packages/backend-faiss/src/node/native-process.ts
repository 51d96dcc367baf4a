import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LutraError, type LutraErrorDetails } from '@lutra/core';
import type { Answers, Hello, Reply, Request, SentError, SocketRequest } from './messages.js';

/** Of what the process writes to its error stream, the end is kept for messages. */
const KEPT_STDERR = 4096;
const ANSWER_BYTES = 1 << 16;

export interface ProcessOptions {
  /** The resolved path of faiss-node. */
  readonly module: string;
  /** OpenMP threads; faiss's own choice if undefined. */
  readonly threads: number | undefined;
  readonly copies: number;
  /** The folder for index files, which the process removes if this one dies. */
  readonly dir: string;
}

/** Processes without an index, kept for the next one: starting takes longer than most small indexes live. */
const idle: NativeProcess[] = [];
const MOST_IDLE = 2;
const IDLE_MS = 5000;
/** A process that has leaked more, or held a larger index, is not kept. */
const KEPT_BYTES = 16 << 20;

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (e: unknown) => void;
}

const here = createRequire(import.meta.url);

/**
 * A child process with faiss-node in it. It does not keep this process alive unless a request is under way. An exception
 * that faiss-node does not catch ends the child and turns into an error here.
 */
export class NativeProcess {
  readonly threads: number | undefined;
  /** Bytes that its calls have lost. */
  leaked = 0;
  readonly #options: ProcessOptions;
  #timer: NodeJS.Timeout | undefined;
  readonly #child: ChildProcess;
  readonly #socket: string;
  readonly #waiting: Map<number, Waiting> = new Map();
  #serial = 0;
  #stderr = '';
  #death: LutraError | undefined;

  private constructor(options: ProcessOptions) {
    this.#options = options;
    this.threads = options.threads;
    const { module, copies } = options;
    const name = randomBytes(6).toString('hex');
    this.#socket =
      process.platform === 'win32'
        ? `\\\\.\\pipe\\lutra-faiss-${name}`
        : join(tmpdir(), `lutra-faiss-${name}.sock`);
    const setup = JSON.stringify({ module, copies, socket: this.#socket });
    this.#child = fork(here.resolve('#child'), [setup], {
      serialization: 'advanced',
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: environment(options.threads),
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR);
    });
  }

  /** A process with faiss-node loaded, new or from an index that is gone. @throws LutraError `BACKEND` if it does not load */
  static async start(options: ProcessOptions): Promise<NativeProcess> {
    const at = idle.findIndex((process) => process.#fits(options));
    const started = at < 0 ? await NativeProcess.#spawn(options) : idle.splice(at, 1)[0]!;
    clearTimeout(started.#timer);
    await started.call<'adopt'>({ op: 'adopt', dir: options.dir });
    return started;
  }

  static async #spawn(options: ProcessOptions): Promise<NativeProcess> {
    const started = new NativeProcess(options);
    const hello = await started.#hello();
    if (hello.ready) {
      started.#serve();
      return started;
    }
    started.end();
    throw new LutraError('BACKEND', `faiss-node does not load: ${hello.reason}`, { backend: 'faiss' });
  }

  /** Ends the processes that are kept for later. */
  static endIdle(): void {
    for (const process of idle.splice(0)) process.end();
  }

  #fits({ module, threads, copies }: ProcessOptions): boolean {
    const mine = this.#options;
    return !this.#death && mine.module === module && mine.threads === threads && mine.copies === copies;
  }

  /** Gives the process up: keeps it for the next index if it is as good as new, else ends it. @param bytes - of its index */
  release(bytes: number): void {
    const worn = this.#waiting.size > 0 || this.leaked + bytes > KEPT_BYTES;
    if (this.#death || worn || idle.length >= MOST_IDLE) {
      this.end();
      return;
    }
    idle.push(this);
    this.call<'adopt'>({ op: 'adopt', dir: '' }).catch(() => undefined);
    this.#timer = setTimeout(() => {
      const at = idle.indexOf(this);
      if (at >= 0) idle.splice(at, 1)[0]!.end();
    }, IDLE_MS);
    this.#timer.unref();
  }

  #hello(): Promise<Hello> {
    return new Promise((resolve) => {
      const child = this.#child;
      const exited = (code: number | null, signal: string | null): void => {
        resolve({ ready: false, reason: `its process ended with ${signal ?? code}${this.#complaint()}` });
      };
      child.once('error', (e) => resolve({ ready: false, reason: e.message }));
      child.once('exit', exited);
      child.once('message', (message) => {
        child.off('exit', exited);
        resolve(message as Hello);
      });
    });
  }

  #serve(): void {
    const child = this.#child;
    child.on('message', (reply: Reply) => this.#answered(reply));
    // close comes after the error stream has been read
    child.once('close', (code, signal) => this.#died(`${signal ?? `code ${code}`}`));
    child.on('error', (e) => this.#died(e.message));
    this.#hold(false);
  }

  /** Why it ended, if it did so by itself. */
  get death(): LutraError | undefined {
    return this.#death;
  }

  /** @throws LutraError what the child sent, or `BACKEND` if it ends meanwhile */
  call<Op extends Request['op']>(request: Extract<Request, { op: Op }>): Promise<Answers[Op]> {
    if (this.#death) return Promise.reject(this.#death);
    const id = this.#serial++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#hold(true);
      this.#child.send({ id, request }, (e) => {
        if (e) this.#answered({ id, ok: false, error: lostMessage(e) });
      });
    });
  }

  /** A request whose answer this thread waits for. */
  callSync(request: SocketRequest): Answers['write'] {
    if (this.#death) throw this.#death;
    const flag = new Int32Array(new SharedArrayBuffer(8));
    const answer = new Uint8Array(new SharedArrayBuffer(ANSWER_BYTES));
    const worker = new Worker(here.resolve('#sync-request'), {
      workerData: { socket: this.#socket, line: JSON.stringify(request), flag, answer },
      execArgv: [],
    });
    worker.unref();
    worker.once('error', () => undefined);
    Atomics.wait(flag, 0, 0);
    const text = new TextDecoder().decode(answer.slice(0, flag[1]));
    if (text === '') throw lost(`its process is gone${this.#complaint()}`);
    const reply = JSON.parse(text) as { ok: true; value: Answers['write'] } | { ok: false; error: SentError };
    if (reply.ok) return reply.value;
    throw received(reply.error);
  }

  /** Ends the process at once; idempotent. What is under way fails with `why`. */
  end(why: LutraError = new LutraError('STATE', 'the index is disposed', { state: 'disposed' })): void {
    if (this.#death) return;
    this.#death = why;
    this.#child.kill('SIGKILL');
    rmSync(this.#socket, { force: true });
    this.#failAll(why);
  }

  #answered(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#hold(false);
    if (reply.ok) waiting?.resolve(reply.value as never);
    else waiting?.reject(received(reply.error));
  }

  #died(how: string): void {
    this.#death ??= lost(`its process ended with ${how}${this.#complaint()}`);
    this.#failAll(this.#death);
  }

  #failAll(why: LutraError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#hold(false);
    for (const { reject } of waiting) reject(why);
  }

  /** What C++ says of an exception that nobody caught. */
  #complaint(): string {
    const what = /what\(\):\s*([^\n]*)/.exec(this.#stderr)?.[1];
    return what ? `: ${what.trim()}` : '';
  }

  /** Whether the child keeps this process alive. */
  #hold(on: boolean): void {
    const stderr = this.#child.stderr as unknown as { ref(): void; unref(): void } | null;
    for (const handle of [this.#child, this.#child.channel, stderr]) {
      if (on) handle?.ref();
      else handle?.unref();
    }
  }
}

function environment(threads: number | undefined): NodeJS.ProcessEnv {
  // two pools of threads wait for each other longer than they work; a waiting one must not spin
  const quiet = { OPENBLAS_NUM_THREADS: '1', OMP_WAIT_POLICY: 'passive', ...process.env };
  return threads === undefined ? quiet : { ...quiet, OMP_NUM_THREADS: `${threads}` };
}

function lost(why: string): LutraError {
  return new LutraError('BACKEND', `faiss: ${why}`, { backend: 'faiss' });
}

function lostMessage(e: Error): SentError {
  return { code: 'BACKEND', message: `faiss: ${e.message}`, details: { backend: 'faiss' } };
}

function received({ code, message, details }: SentError): LutraError {
  return new LutraError(code, message, details as LutraErrorDetails[typeof code]);
}
