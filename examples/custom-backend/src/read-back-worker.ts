import { type MessagePort, workerData } from 'node:worker_threads';
import { connect } from '@lancedb/lancedb';
import type { ReadBack } from './read-back.js';
import { vectorsOf } from './vectors-of.js';

const { folder, d, port, done } = workerData as {
  folder: string;
  d: number;
  port: MessagePort;
  done: Int32Array<SharedArrayBuffer>;
};

async function read(): Promise<ReadBack> {
  try {
    const table = await (await connect(folder)).openTable('vectors');
    return vectorsOf(await table.query().where('id >= 0').select(['id', 'vector']).toArrow(), d);
  } catch (e) {
    return { error: e instanceof Error ? e.message : String(e) };
  }
}

const answer = await read();
port.postMessage(
  answer,
  'error' in answer ? [] : [answer.ids.buffer as ArrayBuffer, answer.x.buffer as ArrayBuffer],
);
Atomics.store(done, 0, 1);
Atomics.notify(done, 0);
port.close();
