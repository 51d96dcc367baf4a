import { connect } from 'node:net';
import { workerData } from 'node:worker_threads';

/**
 * Makes one request over the child's socket for a thread that waits on `flag`: writes the answer's length and bytes into
 * `answer`, or leaves the length 0 if the child is gone.
 */
interface Wait {
  readonly socket: string;
  readonly line: string;
  /** Set to 1 and notified at the end. */
  readonly flag: Int32Array;
  readonly answer: Uint8Array;
}

const wait = workerData as Wait | undefined;

if (wait) {
  const { flag, answer } = wait;
  let text = '';
  const done = (): void => {
    const bytes = new TextEncoder().encode(text.trimEnd()).subarray(0, answer.length);
    answer.set(bytes);
    Atomics.store(flag, 1, bytes.length);
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  };
  const socket = connect(wait.socket);
  socket.setEncoding('utf8');
  socket.on('connect', () => socket.write(`${wait.line}\n`));
  socket.on('data', (piece: string) => {
    text += piece;
  });
  socket.on('error', () => undefined);
  socket.on('close', done);
}
