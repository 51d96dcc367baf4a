import { LutraError } from '@lutra/core';
import type { Kernels } from '@lutra/kernels';
import type { Job, JobResult } from './messages.js';
import type { WorkerLike } from './node-threads.js';
import { threadFailed } from './plain-error.js';
import { WorkerLink } from './worker-link.js';

/** More workers than this are not started, whatever the number of threads asked for. */
const MAX_WORKERS = 64;
/** Jobs sent to a worker before the first is answered: the next lies ready when one is done. */
const AHEAD = 2;

/** A piece of work for whichever worker is free. */
export interface PoolJob {
  readonly job: Job;
  /** Arrays that go to the worker. */
  readonly transfer: ArrayBuffer[];
  /** Takes the result, in the order in which jobs are done. */
  done(result: JobResult): void;
}

/** The workers of one index, started when first wanted. */
export class ThreadPool {
  readonly #spawn: () => WorkerLike | undefined;
  readonly #kernels: Kernels;
  #links: WorkerLink[] = [];

  /** @param kernels - whose memory is shared */
  constructor(spawn: () => WorkerLike | undefined, kernels: Kernels) {
    this.#spawn = spawn;
    this.#kernels = kernels;
  }

  /**
   * `count` workers, or as many as there may be.
   * @throws LutraError `BACKEND` when none can be started
   */
  workers(count: number): readonly WorkerLink[] {
    this.#links = this.#links.filter((link) => !link.hasEnded);
    while (this.#links.length < Math.min(count, MAX_WORKERS)) this.#links.push(this.#start());
    return this.#links.slice(0, count);
  }

  #start(): WorkerLink {
    try {
      const worker = this.#spawn();
      const { handle, memory } = this.#kernels;
      if (worker !== undefined) return new WorkerLink(worker, handle!, memory);
    } catch (cause) {
      if (cause instanceof LutraError) throw cause;
      throw threadFailed('a worker cannot be started', cause);
    }
    throw threadFailed('there are no workers here: neither worker_threads nor Worker');
  }

  /** Ends all workers. */
  dispose(): void {
    for (const link of this.#links) link.terminate();
    this.#links = [];
  }
}

/**
 * The results of `jobs` in their order, done by `links` in turn, a few ahead of what has been taken. When it stops early or
 * fails, jobs under way are waited for.
 */
export async function* inOrder(
  links: readonly WorkerLink[],
  jobs: AsyncIterable<Pick<PoolJob, 'job' | 'transfer'>>,
): AsyncGenerator<JobResult> {
  const pending: Promise<JobResult>[] = [];
  let next = 0;
  try {
    for await (const { job, transfer } of jobs) {
      const asked = links[next++ % links.length]!.ask(job, transfer);
      // one that fails while another is waited for is reported when its turn comes
      asked.catch(() => {});
      pending.push(asked);
      if (pending.length >= AHEAD * links.length) yield await pending.shift()!;
    }
    while (pending.length > 0) yield await pending.shift()!;
  } finally {
    await Promise.allSettled(pending);
  }
}

/**
 * Has `jobs` done by `links`, each as it gets free, until they are done or `stopped` says so; those under way are waited
 * for in any case.
 * @throws the first error of a job, `stopped` or `done`
 */
export async function runJobs(
  links: readonly WorkerLink[],
  jobs: Iterator<PoolJob>,
  stopped: () => void,
): Promise<void> {
  let failed = false;
  const lane = async (link: WorkerLink): Promise<void> => {
    for (;;) {
      if (failed) return;
      stopped();
      const next = jobs.next();
      if (next.done) return;
      const { job, transfer, done } = next.value;
      done(await link.ask(job, transfer));
    }
  };
  // a job for each before any gets a second
  const lanes = [...links, ...links].map(async (link) => {
    try {
      await lane(link);
    } catch (e) {
      failed = true;
      throw e;
    }
  });
  const ends = await Promise.allSettled(lanes);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
