import cliProgress from 'cli-progress';

/** A bar a stage on a terminal, a line a stage elsewhere. */
export class Steps {
  #bar;
  #stage;

  /** Takes the progress reports of the library as they come. */
  show = ({ stage, done, total }) => {
    if (stage !== this.#stage) this.#next(stage, total);
    this.#bar?.setTotal(total ?? Math.max(1, done));
    this.#bar?.update(done);
  };

  #next(stage, total) {
    this.done();
    this.#stage = stage;
    if (!process.stderr.isTTY) {
      console.error(`  ${stage} …`);
      return;
    }
    const format = `  ${stage.padEnd(36)} {bar} {percentage}% {duration_formatted}`;
    this.#bar = new cliProgress.SingleBar(
      { format, barsize: 30, hideCursor: true },
      cliProgress.Presets.shades_classic,
    );
    this.#bar.start(total ?? 1, 0);
  }

  /** Ends the bar, so that text can follow. */
  done() {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#stage = undefined;
  }
}
