import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createProgressView } from '../src/progress.js';

class Terminal extends Writable {
  readonly isTTY = true;
  readonly columns = 80;
  text = '';
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

afterEach(() => {
  vi.useRealTimers();
});

describe('progress in a pipe', () => {
  it('is a line for each stage at once and then one every two seconds, with the last always said', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const lines: string[] = [];
    const view = createProgressView({ write: (text) => lines.push(text) }, false);
    for (let done = 0; done <= 1000; done++) {
      view.onProgress({ stage: 'add', done, total: 1000 });
      vi.advanceTimersByTime(5);
    }
    view.stop();
    expect(lines).toEqual([
      'add 0% 0/1,000\n',
      'add 40% 400/1,000\n',
      'add 80% 800/1,000\n',
      'add 100% 1,000/1,000\n',
    ]);
  });

  it('counts without a total', () => {
    const lines: string[] = [];
    const view = createProgressView({ write: (text) => lines.push(text) }, false);
    view.onProgress({ stage: 'add', done: 5, total: undefined });
    view.onProgress({ stage: 'write', done: 0, total: 0 });
    view.stop();
    expect(lines).toEqual(['add 5\n', 'write 0/0\n']);
  });

  it('is silent when quiet', () => {
    const lines: string[] = [];
    const view = createProgressView({ write: (text) => lines.push(text), isTTY: true }, true);
    view.onProgress({ stage: 'add', done: 5, total: 10 });
    view.stop();
    expect(lines).toEqual([]);
  });
});

describe('progress on a terminal', () => {
  it('is a bar for each stage that ends full', () => {
    const terminal = new Terminal();
    const view = createProgressView(terminal, false);
    view.onProgress({ stage: 'k-means', done: 0, total: 4 });
    view.onProgress({ stage: 'k-means', done: 4, total: 4 });
    view.onProgress({ stage: 'add', done: 50, total: 100 });
    view.stop();
    view.stop();
    expect(terminal.text).toMatch(/k-means.*█{30}.*100%.*4\/4/s);
    expect(terminal.text).toMatch(/add.*█{15}░{15}.*50%.*50\/100/s);
  });

  it('shows a count where there is no total', () => {
    const terminal = new Terminal();
    const view = createProgressView(terminal, false);
    view.onProgress({ stage: 'add', done: 1234, total: undefined });
    view.stop();
    expect(terminal.text).toContain('1,234');
    expect(terminal.text).not.toContain('%');
  });
});
