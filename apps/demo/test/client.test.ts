import { LutraError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { Client, WorkerError, type WorkerPort } from '../src/client.js';
import type { FromWorker, Step, ToWorker } from '../src/protocol.js';
import { isStop, sentence } from '../src/sentence.js';
import { type Methods, Server } from '../src/worker/serve.js';

/** A client whose worker is a server in the same thread; messages cross as clones, a task later. */
function connected(methods: Partial<Methods>): { client: Client; die: (message: string) => void } {
  let take: (event: { data: FromWorker }) => void = () => undefined;
  let die: (event: { message?: string }) => void = () => undefined;
  const later = <T>(value: T, then: (value: T) => void): void => {
    const clone = structuredClone(value);
    setTimeout(() => then(clone));
  };
  const server = new Server(methods as Methods, (data) => later(data, (clone) => take({ data: clone })));
  const port = {
    postMessage: (message: ToWorker) => later(message, (clone) => server.take(clone)),
    addEventListener(type: string, listener: never) {
      if (type === 'message') take = listener;
      else die = listener;
    },
  } as WorkerPort;
  return { client: new Client(port), die: (message) => die({ message }) };
}

const nothing = {};

describe('a client and its server', () => {
  it('answers in order, one question after the other', async () => {
    const order: string[] = [];
    const { client } = connected({
      async picture() {
        order.push('picture starts');
        await new Promise((resolve) => setTimeout(resolve, 20));
        order.push('picture ends');
        return {} as never;
      },
      measure() {
        order.push('measure');
        return {} as never;
      },
    });
    await Promise.all([client.call('picture', nothing), client.call('measure', { k: 1, parameters: {} })]);
    expect(order).toEqual(['picture starts', 'picture ends', 'measure']);
  });

  it('lets questions that need no index pass', async () => {
    const order: string[] = [];
    const { client } = connected({
      async picture() {
        await new Promise((resolve) => setTimeout(resolve, 40));
        order.push('picture');
        return {} as never;
      },
      start() {
        order.push('start');
        return {} as never;
      },
    });
    await Promise.all([client.call('picture', nothing), client.call('start', {})]);
    expect(order).toEqual(['start', 'picture']);
  });

  it('stops what is called off, and what waits behind it goes on', async () => {
    const { client } = connected({
      async picture(_, { signal }) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        throw new LutraError('ABORTED', 'stopped by the caller', {});
      },
      measure: () => ({ recall: 1 }) as never,
    });
    const controller = new AbortController();
    const stopped = client.call('picture', nothing, { signal: controller.signal });
    const next = client.call('measure', { k: 1, parameters: {} });
    setTimeout(() => controller.abort(), 10);
    await expect(stopped).rejects.toSatisfy(isStop);
    expect(await next).toEqual({ recall: 1 });
  });

  it('never starts what is called off while it waits', async () => {
    let measured = false;
    const { client } = connected({
      picture: () => new Promise((resolve) => setTimeout(() => resolve({} as never), 30)),
      measure() {
        measured = true;
        return {} as never;
      },
    });
    const controller = new AbortController();
    const first = client.call('picture', nothing);
    const second = client.call('measure', { k: 1, parameters: {} }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 5);
    await expect(second).rejects.toSatisfy(isStop);
    await first;
    expect(measured).toBe(false);
  });

  it('tells every stage, and not more steps than can be drawn', async () => {
    const { client } = connected({
      picture(_, { step }) {
        for (let done = 0; done < 1000; done++) step({ stage: done < 500 ? 'a' : 'b', done, total: 1000 });
        return {} as never;
      },
    });
    const steps: Step[] = [];
    await client.call('picture', nothing, { onStep: (step) => steps.push(step) });
    expect(new Set(steps.map(({ stage }) => stage))).toEqual(new Set(['a', 'b']));
    expect(steps.length).toBeLessThan(20);
  });

  it('carries errors over with their code, and faults without one', async () => {
    const { client } = connected({
      picture() {
        throw new LutraError('STATE', 'page: there is no data yet', { state: 'no data' });
      },
      measure() {
        throw new TypeError('x is undefined');
      },
    });
    const told = await client.call('picture', nothing).catch((e) => e);
    expect([told.code, sentence(told)]).toEqual(['STATE', 'There is no data yet.']);
    const fault = await client.call('measure', { k: 1, parameters: {} }).catch((e) => e);
    expect([fault.code, sentence(fault)]).toEqual([
      undefined,
      'The page has a fault: TypeError: x is undefined.',
    ]);
  });

  it('fails whatever is asked of a worker that is dead', async () => {
    const { client, die } = connected({ picture: () => new Promise(() => undefined) });
    const waiting = client.call('picture', nothing);
    setTimeout(() => die('out of memory'), 5);
    await expect(waiting).rejects.toThrow('the worker stopped: out of memory');
    await expect(client.call('start', {})).rejects.toBeInstanceOf(WorkerError);
  });
});

describe('sentence', () => {
  it.each([
    ['a.npy: 3 bytes', 'a.npy: 3 bytes.'],
    ['factory: d must be 3', 'Factory: d must be 3.'],
    ['page: no room!', 'No room!'],
  ])('of %s', (message, wanted) => {
    expect(sentence(new LutraError('ARGUMENT', message, {}))).toBe(wanted);
  });
});
