import cliProgress from 'cli-progress';

/** A bar a stage on a terminal, a line a stage elsewhere. */
export class Steps {
  #bar;
  #stage;
  #total = 1;

  /** Takes the progress reports of the library as they come. */
  show = ({ stage, done, total }) => {
    if (stage !== this.#stage) this.#next(stage);
    this.#total = total ?? Math.max(1, done);
    this.#bar?.setTotal(this.#total);
    this.#bar?.update(done);
  };

  #next(stage) {
    this.done();
    this.#stage = stage;
    if (!process.stderr.isTTY) {
      console.error(`   ${stage} …`);
      return;
    }
    const format = `   ${stage.padEnd(32)} {bar} {percentage}%  {duration_formatted}`;
    this.#bar = new cliProgress.SingleBar(
      { format, barsize: 30, hideCursor: true, linewrap: false },
      cliProgress.Presets.shades_classic,
    );
    this.#bar.start(1, 0);
  }

  /** Ends the bar, so that text can follow. */
  done() {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#stage = undefined;
  }
}
