import type { Progress } from '@lutra/core';
import cliProgress from 'cli-progress';
import { formatCount } from './format.js';
import type { TextSink } from './io.js';

const LINE_EVERY_MS = 2000;

/** Shows how far a long call has come. Call `stop` before anything else is printed. */
export interface ProgressView {
  readonly onProgress: (progress: Progress) => void;
  stop(): void;
}

/** A bar on a terminal, lines of text elsewhere, nothing when `quiet`. */
export function createProgressView(sink: TextSink, quiet: boolean): ProgressView {
  if (quiet) return { onProgress: () => {}, stop: () => {} };
  return sink.isTTY ? barView(sink) : lineView(sink);
}

function barView(sink: TextSink): ProgressView {
  let bar: cliProgress.SingleBar | undefined;
  let stage: string | undefined;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
    stage = undefined;
  };
  const onProgress = (p: Progress): void => {
    const total = p.total ?? 0;
    if (p.stage !== stage) {
      stop();
      stage = p.stage;
      bar = new cliProgress.SingleBar({
        stream: sink as NodeJS.WritableStream,
        format: total > 0 ? '{stage} {bar} {percentage}% {count} {duration_formatted}' : '{stage} {count}',
        formatBar: cliProgress.Format.BarFormat,
        barCompleteChar: '█',
        barIncompleteChar: '░',
        barsize: 30,
        hideCursor: true,
        clearOnComplete: false,
        gracefulExit: false,
        linewrap: false,
      });
      bar.start(Math.max(total, 1), 0, fields(p));
    }
    if (total > 0) bar?.setTotal(total);
    bar?.update(p.total === undefined ? 0 : p.done, fields(p));
  };
  return { onProgress, stop };
}

function fields(p: Progress): { stage: string; count: string } {
  return { stage: p.stage.padEnd(12), count: countOf(p) };
}

function lineView(sink: TextSink): ProgressView {
  let stage: string | undefined;
  let last = 0;
  let pending: Progress | undefined;
  const flush = (): void => {
    if (pending) sink.write(`${line(pending)}\n`);
    pending = undefined;
  };
  const onProgress = (p: Progress): void => {
    const now = performance.now();
    if (p.stage !== stage) {
      flush();
      stage = p.stage;
    } else if (now - last < LINE_EVERY_MS) {
      pending = p;
      return;
    }
    last = now;
    pending = undefined;
    sink.write(`${line(p)}\n`);
  };
  return {
    onProgress,
    stop: () => {
      flush();
      stage = undefined;
    },
  };
}

function line(p: Progress): string {
  const percent = p.total ? ` ${Math.floor((100 * p.done) / p.total)}%` : '';
  return `${p.stage}${percent} ${countOf(p)}`;
}

function countOf(p: Progress): string {
  return p.total === undefined ? formatCount(p.done) : `${formatCount(p.done)}/${formatCount(p.total)}`;
}
