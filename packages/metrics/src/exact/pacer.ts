import { assertNotAborted } from '@lutra/core';

/** Milliseconds of work between two visits to the event loop: short enough for a frame or two, long enough not to matter. */
const SLICE_MS = 40;

/** Lets timers, progress and abort signals run now and then within a long computation. */
export class Pacer {
  #last: number = performance.now();

  constructor(readonly signal: AbortSignal | undefined) {
    this.assertNotAborted();
  }

  /** Whether it is time for {@link pause}. */
  due(): boolean {
    return performance.now() - this.#last >= SLICE_MS;
  }

  /** @throws LutraError `ABORTED` if the signal has fired meanwhile */
  async pause(): Promise<void> {
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    this.assertNotAborted();
    this.#last = performance.now();
  }

  /** @throws LutraError `ABORTED` if the signal has fired */
  assertNotAborted(): void {
    assertNotAborted(this.signal);
  }
}
