import type { Progress } from '@lutra/core';
import type { Clause } from '../clause.js';
import { must, rejects } from '../failure.js';
import { stream } from '../rows.js';
import { K, type Subject } from '../subject.js';

export const signals: readonly Clause[] = [
  {
    promise: 'a signal that has fired ends search, add and train with ABORTED before they do anything',
    once: true,
    check: async (s) => {
      const signal = AbortSignal.abort(new Error('enough'));
      const index = await s.filled();
      await rejects('search', 'ABORTED', () => index.search(s.queries(), K, { signal }));
      if (s.has('searchSync'))
        await rejects('searchSync', 'ABORTED', () => index.searchSync!(s.queries(), K, { signal }));
      if (s.has('rangeSearch'))
        await rejects('rangeSearch', 'ABORTED', () => index.rangeSearch(s.queries(), 1, { signal }));
      await rejects('add', 'ABORTED', () => index.add(s.base(), { signal }));
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}`);
      const untrained = await s.create();
      await rejects('train', 'ABORTED', () => untrained.train(s.base(), { signal }));
      if (s.traits.trains) must(!untrained.isTrained, 'isTrained is true after training was stopped');
      await s.train(untrained, s.base());
      must(untrained.isTrained, 'cannot be trained after training was stopped');
    },
  },
  {
    promise: 'a signal that fires during add ends it with ABORTED; blocks before it stay',
    once: true,
    check: async (s) => {
      const index = await s.trained();
      const controller = new AbortController();
      const rows = async function* (): AsyncGenerator<Float32Array> {
        let block = 0;
        for await (const x of stream(s.base(), s.d, 50)) {
          yield x;
          if (++block === 2) controller.abort(new Error('enough'));
        }
      };
      await rejects('add', 'ABORTED', () => index.add(rows(), { signal: controller.signal }));
      must(
        index.ntotal >= 50 && index.ntotal < s.n,
        `ntotal is ${index.ntotal}, wanted some blocks of 50, not all`,
      );
      const { labels } = await index.search(s.queries(), s.n, s.wide());
      must(
        labels.every((label) => label < index.ntotal),
        'a label beyond ntotal',
      );
    },
  },
  {
    promise: 'a signal that does not fire changes nothing',
    once: true,
    check: async (s) => {
      const { signal } = new AbortController();
      const index = await s.trained();
      await index.add(s.base(), { signal });
      must(index.ntotal === s.n, `ntotal is ${index.ntotal}`);
      must((await index.search(s.queries(), K, { signal })).nq === s.nq, 'no results');
    },
  },
  {
    promise: 'add tells its progress: done never falls, and ends at the number of rows',
    once: true,
    check: async (s) => {
      const index = await s.trained();
      const told: Progress[] = [];
      await index.add(s.base(), { onProgress: (p) => told.push(p) });
      mustProgress('add', told);
      const last = told.at(-1)!;
      must(
        last.done === s.n && last.total === s.n,
        `ends at ${last.done} of ${last.total}, wanted ${s.n} of ${s.n}`,
      );
      const streamed: Progress[] = [];
      await index.add(stream(s.base(), s.d), { onProgress: (p) => streamed.push(p) });
      mustProgress('add of a stream', streamed);
      must(streamed.at(-1)!.done === s.n, `a stream ends at ${streamed.at(-1)!.done}, wanted ${s.n}`);
    },
  },
  {
    promise: 'train tells its progress',
    concerns: (s) => s.traits.trains && !s.traits.trainsLong && learns(s),
    once: true,
    check: async (s) => {
      const index = await s.create();
      const told: Progress[] = [];
      await index.train(s.base(), { onProgress: (p) => told.push(p) });
      mustProgress('train', told);
    },
  },
  {
    promise: 'an error of the caller in onProgress ends the call with it, and the index lives on',
    once: true,
    check: async (s) => {
      const index = await s.filled();
      const own = new Error('of the caller');
      const onProgress = (): void => {
        throw own;
      };
      const e = await index.add(s.base(), { onProgress }).catch((x: unknown) => x);
      const carried = e === own || (e as { cause?: unknown } | undefined)?.cause === own;
      must(
        carried,
        `add ended with ${String(e)}, wanted the error of onProgress, or one with it as its cause`,
      );
      must((await index.search(s.queries(), K)).nq === s.nq, 'no results');
    },
  },
];

/** Whether training is long enough to speak of. */
function learns(s: Subject): boolean {
  return /IVF|IMI|PQ|RQ|LSQ/.test(s.factory);
}

function mustProgress(what: string, told: readonly Progress[]): void {
  must(told.length > 0, `${what}: onProgress was never called`);
  const last = new Map<string, number>();
  for (const { stage, done, total } of told) {
    const text = `${what}: progress '${stage}' ${done} of ${total}`;
    must(typeof stage === 'string' && stage.length > 0, `${text}: no stage`);
    must(Number.isFinite(done) && done >= 0, `${text}: done is no number from 0`);
    must(total === undefined || (Number.isFinite(total) && done <= total), `${text}: beyond the total`);
    if (what.startsWith('add')) must(done >= (last.get(stage) ?? 0), `${text} after ${last.get(stage)}`);
    last.set(stage, done);
  }
}
