/** Seconds of named stages. */
export class Stopwatch {
  readonly seconds: Record<string, number> = {};

  /** Runs `work` and adds what it took to `stage`. */
  async time<T>(stage: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.seconds[stage] = (this.seconds[stage] ?? 0) + (performance.now() - start) / 1000;
    }
  }
}
