// One engine in one process: its memory and CPU time are its own. Requests go in as lines of JSON on stdin, answers come
// back as lines on file descriptor 3, so that nothing an engine prints gets between them.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One thread for every library that asks the environment. */
const ONE_THREAD = {
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  RAYON_NUM_THREADS: '1',
  TOKIO_WORKER_THREADS: '1',
  LANCE_CPU_THREADS: '1',
};

/** Milliseconds after which an engine that does not answer is ended. */
const PATIENCE = 45 * 60 * 1000;

export class EngineProcess {
  #child;
  #waiting = [];
  #ended;

  /**
   * @param {{ name: string, command: string, args: string[], env?: Record<string, string> }} how
   */
  constructor({ name, command, args, env = {} }) {
    this.name = name;
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'ignore', 'inherit', 'pipe'],
      env: { ...process.env, ...ONE_THREAD, ...env },
    });
    createInterface({ input: this.#child.stdio[3] }).on('line', (line) => this.#answer(JSON.parse(line)));
    const fail = (why) => {
      this.#ended = new Error(`${name} ${why}`);
      for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
    };
    this.#child.on('error', (e) => fail(`did not start: ${e.message}`));
    this.#child.on('exit', (code, signal) => fail(`ended with ${signal ?? code}`));
    this.#child.stdin.on('error', () => {});
  }

  #answer({ error, result }) {
    const { resolve, reject } = this.#waiting.shift();
    if (error === undefined) resolve(result);
    else reject(new Error(`${this.name}: ${error}`));
  }

  /** Asks the engine and waits for its answer; what it throws is thrown here. */
  async call(method, request = {}) {
    if (this.#ended) throw this.#ended;
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE);
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.push({ resolve, reject });
        this.#child.stdin.write(`${JSON.stringify({ method, ...request })}\n`);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process and waits until it is gone. */
  async close() {
    if (this.#ended) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await gone;
    clearTimeout(timer);
  }
}
