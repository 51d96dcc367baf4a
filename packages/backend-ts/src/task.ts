import { assertNotAborted, type Progress } from '@lutra/core';
import type { TrainingThreads } from './threads/training-threads.js';

const BREATH_MS = 20;

interface Turns {
  setImmediate?: (f: () => void) => unknown;
  MessageChannel?: new () => {
    port1: { onmessage: unknown; close(): void };
    port2: { postMessage(x: unknown): void };
  };
}

/** Resolves in a later turn of the event loop; timers would wait 4 ms in a browser. */
function nextTurn(): Promise<void> {
  const { setImmediate: immediate, MessageChannel: Channel } = globalThis as unknown as Turns;
  return new Promise((resolve) => {
    if (immediate) {
      immediate(resolve);
      return;
    }
    if (!Channel) {
      setTimeout(resolve, 0);
      return;
    }
    const { port1, port2 } = new Channel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

/** A long call: its seed, its progress, its abort signal, and pauses that let the event loop turn. */
export class Task {
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  /** Other threads to work with, where there are any. */
  readonly threads: TrainingThreads | undefined;
  #last: number = performance.now();

  constructor(
    options: { seed?: number; signal?: AbortSignal; onProgress?: (p: Progress) => void } = {},
    threads?: TrainingThreads,
  ) {
    this.threads = threads;
    this.seed = options.seed ?? 1234;
    this.signal = options.signal;
    this.onProgress = options.onProgress;
  }

  progress(stage: string, done: number, total: number | undefined): void {
    this.onProgress?.({ stage, done, total });
  }

  /** Yields to the event loop if it has not turned for a while. @throws LutraError `ABORTED` */
  async breathe(): Promise<void> {
    if (performance.now() - this.#last >= BREATH_MS) {
      await nextTurn();
      this.#last = performance.now();
    }
    assertNotAborted(this.signal);
  }
}
