import { join } from 'node:path';
import { LutraError, type StoredParameters } from '@lutra/core';
import { Home } from './home.js';
import { EMPTY_FILE, type Request } from './messages.js';
import { NativeProcess } from './native-process.js';

/** Leaks are let grow to this many bytes, or to a part of the index, before the process is changed. */
const LEAK_FLOOR = 64 << 20;
const LEAK_PART = 4;
/** What one search call loses beside its queries. */
const LEAK_A_CALL = 64;

export interface SupervisorOptions {
  readonly module: string;
  readonly threads: number | undefined;
  readonly copies: number;
}

/** Where a new process finds the index: a file, or how to make it. */
export type Source =
  | { readonly path: string; readonly parameters: StoredParameters }
  | Extract<Request, { op: 'create' }>;

/**
 * Keeps a native process at work for one index: starts it, and changes it for a fresh one when the old has leaked too
 * much, when another number of threads is asked for, or when it has died and the index is in a file.
 *
 * faiss-node leaks the queries of every search; only the end of its process gives them back.
 */
export class Supervisor {
  readonly home: Home = new Home();
  readonly #options: SupervisorOptions;
  #process: NativeProcess | undefined;
  #source: Source | undefined;
  #bytes = 0;
  #restarts = 0;
  #disposed = false;
  #inUse = 0;
  #idle: (() => void)[] = [];
  #restarting: Promise<void> | undefined;
  #files = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** The file of the trained and empty index. */
  get emptyPath(): string {
    return join(this.home.dir, EMPTY_FILE);
  }

  newPath(): string {
    return join(this.home.dir, `index-${this.#files++}.index`);
  }

  /** How often the process was changed for a fresh one. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Where the index is as it is now, or undefined: only in the process. */
  get source(): Source | undefined {
    return this.#source;
  }

  /** Says where the index is after a change, and about how many bytes it has. */
  settle(source: Source | undefined, bytes: number): void {
    this.#source = source;
    this.#bytes = bytes;
  }

  /** Counts what a search of queries of that many bytes leaks. */
  leak(queryBytes: number): void {
    if (this.#process) this.#process.leaked += queryBytes + LEAK_A_CALL;
  }

  /** Runs `work` on the process, after starting or changing it where that is due. */
  async use<T>(work: (process: NativeProcess) => Promise<T>, threads?: number): Promise<T> {
    while (this.#restarting || this.#isDue(threads)) {
      if (this.#restarting) await this.#restarting;
      else if (this.#inUse > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
      else {
        this.#restarting = this.#restart(threads).finally(() => {
          this.#restarting = undefined;
        });
      }
    }
    this.#inUse++;
    try {
      return await work(this.#process!);
    } finally {
      if (--this.#inUse === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  #isDue(threads: number | undefined): boolean {
    if (!this.#process || this.#process.death) return true;
    if (threads !== undefined && threads !== this.#process.threads) return true;
    return this.#process.leaked > Math.max(LEAK_FLOOR, this.#bytes / LEAK_PART);
  }

  async #restart(threads: number | undefined): Promise<void> {
    const old = this.#process;
    if (old && !old.death && !this.#source) {
      const path = this.newPath();
      const { parameters } = await old.call<'write'>({ op: 'write', path });
      this.#source = { path, parameters };
    }
    // a process that died with what was in it alone
    if (old?.death && !this.#source) throw old.death;
    const { module, copies } = this.#options;
    const next = await NativeProcess.start({
      module,
      copies,
      threads: threads ?? old?.threads ?? this.#options.threads,
      dir: this.home.dir,
    });
    try {
      await load(next, this.#source);
    } catch (e) {
      next.end();
      throw e;
    }
    if (this.#disposed) {
      next.end();
      throw new LutraError('STATE', 'the index is disposed', { state: 'disposed' });
    }
    if (old) this.#restarts++;
    old?.end();
    this.#process = next;
  }

  /** The file of the index as it is now, written unless there is one. */
  async saved(): Promise<string> {
    const source = this.#source;
    if (source && 'path' in source) return source.path;
    const path = this.newPath();
    const { parameters } = await this.use((process) => process.call<'write'>({ op: 'write', path }));
    this.#source = { path, parameters };
    return path;
  }

  /** Writes the index to a file while this thread waits, unless it is in one; gives the file. */
  savedSync(): string {
    if (this.#source && 'path' in this.#source) return this.#source.path;
    const path = this.newPath();
    const { parameters } = this.#process!.callSync({ op: 'write', path });
    this.#source = { path, parameters };
    return path;
  }

  /** Ends what is under way, with the process; the next use starts another. */
  interrupt(): void {
    this.#process?.end();
  }

  dispose(): void {
    this.#disposed = true;
    this.#process?.release(this.#bytes);
    this.home.remove();
  }
}

async function load(process: NativeProcess, source: Source | undefined): Promise<void> {
  if (!source) return;
  if ('path' in source) await process.call<'read'>({ op: 'read', ...source });
  else await process.call<'create'>(source);
}
