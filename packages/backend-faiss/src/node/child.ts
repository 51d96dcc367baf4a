import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { isLutraError } from '@lutra/core';
import type { Hello, Making, Reply, Request, SentError, SocketRequest } from './messages.js';
import { isNativeModule } from './native-binding.js';
import { NativeStore } from './native-store.js';

/** The process that faiss-node lives in: it works off one request after the other and ends with its parent. */
interface Setup {
  readonly module: string;
  readonly socket: string;
  readonly copies: number;
}

class Child {
  readonly #store: NativeStore;
  #rows: number[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: NativeStore) {
    this.#store = store;
  }

  /** One request after the other, whoever makes it. */
  enqueue(request: Request): Promise<unknown> {
    const answer = this.#last.then(() => this.#perform(request));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #perform(request: Request): Promise<unknown> {
    const store = this.#store;
    switch (request.op) {
      case 'adopt':
        await store.adopt(request.dir);
        return undefined;
      case 'create':
        await store.create(request);
        return { isTrained: store.index.isTrained() };
      case 'read':
        await store.read(request.path, request.parameters);
        return { ntotal: store.index.ntotal(), isTrained: store.index.isTrained() };
      case 'write':
        return { parameters: store.write(request.path) };
      case 'rows':
        for (const v of request.x) this.#rows.push(v);
        return undefined;
      case 'train':
        return this.#train(request.path, request.making);
      case 'add':
        store.add(request.x);
        return { ntotal: store.index.ntotal() };
      case 'search':
        return store.search(request.x, request.k, request.similarity, request.parameters);
      case 'reconstruct':
        return store.reconstruct(request.positions);
      case 'keep':
        return store.keep(request.mask);
      case 'merge':
        return store.merge(request.path);
    }
  }

  async #train(path: string, making: Making): Promise<unknown> {
    const rows = this.#rows;
    this.#rows = [];
    // faiss keeps the centroids of a coarse quantizer that is trained already
    await this.#store.create(making);
    const { index } = this.#store;
    if (rows.length > 0) index.train(rows);
    this.#store.write(path);
    return { isTrained: index.isTrained() };
  }
}

function sent(e: unknown): SentError {
  if (isLutraError(e)) return { code: e.code, message: e.message, details: e.details };
  const message = e instanceof Error ? e.message : String(e);
  return { code: 'BACKEND', message: `faiss: ${message}`, details: { backend: 'faiss' } };
}

/** Requests of a thread that waits for the answer, one JSON object a line each way. */
function listen(child: Child, path: string): Promise<void> {
  const server = createServer((socket) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('data', (piece: string) => {
      text += piece;
      if (!text.endsWith('\n')) return;
      const request = JSON.parse(text) as SocketRequest;
      child.enqueue(request).then(
        (value) => socket.end(`${JSON.stringify({ ok: true, value })}\n`),
        (e) => socket.end(`${JSON.stringify({ ok: false, error: sent(e) })}\n`),
      );
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

async function main(setup: Setup): Promise<void> {
  const say = (message: Hello | Reply): void => {
    process.send?.(message);
  };
  let store: NativeStore | undefined;
  process.once('disconnect', () => {
    // the parent removes these; this is for one that was killed
    if (store?.dir) rmSync(store.dir, { recursive: true, force: true });
    rmSync(setup.socket, { force: true });
    process.exit(0);
  });
  try {
    const module: unknown = createRequire(import.meta.url)(setup.module);
    if (!isNativeModule(module)) throw new Error('it is not the interface of faiss-node');
    store = new NativeStore(module, setup.copies);
    const child = new Child(store);
    await listen(child, setup.socket);
    process.on('message', ({ id, request }: { id: number; request: Request }) => {
      child.enqueue(request).then(
        (value) => say({ id, ok: true, value }),
        (e) => say({ id, ok: false, error: sent(e) }),
      );
    });
    say({ ready: true });
  } catch (e) {
    say({ ready: false, reason: e instanceof Error ? e.message : String(e) });
  }
}

const [setup] = process.argv.slice(2);
if (process.send && setup) void main(JSON.parse(setup));
