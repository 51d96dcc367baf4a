import { formatFactory } from '@lutra/factory';
import { encodedSize } from '@lutra/faiss-format';
import { indexFactory, loadIndex } from 'lutra';
import type { Api, IndexInfo, Stage } from '../protocol.js';
import { ivfOf } from './anatomy.js';
import { backendFor, levelOf, threadsOf } from './engine.js';
import type { Call } from './serve.js';
import { type Built, metricOf, parametersOf, type Session } from './session.js';

/** Time by stage, from the progress of a long call. */
class StageClock {
  readonly #stages: { name: string; seconds: number }[] = [];
  readonly #start = performance.now();
  #since = this.#start;
  #name: string | undefined;

  enter(name: string): void {
    if (name === this.#name) return;
    this.#close();
    this.#name = name;
  }

  finish(): { stages: readonly Stage[]; seconds: number } {
    this.#close();
    return { stages: this.#stages, seconds: (performance.now() - this.#start) / 1000 };
  }

  #close(): void {
    const now = performance.now();
    const seconds = (now - this.#since) / 1000;
    this.#since = now;
    if (this.#name === undefined) return;
    const known = this.#stages.find(({ name }) => name === this.#name);
    if (known) known.seconds += seconds;
    else this.#stages.push({ name: this.#name, seconds });
  }
}

type BuildArgs = Parameters<Api['build']>[0];

/** Trains and fills an index of the set, in place of the one before. */
export async function build(
  session: Session,
  { factory, metric, engine }: BuildArgs,
  { signal, step }: Call,
): Promise<IndexInfo> {
  const { rows, info } = session.dataset;
  session.dropIndex();
  const backend = backendFor(engine.level);
  const index = await indexFactory(factory, { d: info.d, metric, backends: [backend] });
  const clock = new StageClock();
  const options = {
    ...threadsOf(engine),
    signal,
    onProgress: (progress: { stage: string; done: number; total: number | undefined }): void => {
      clock.enter(progress.stage);
      step(progress);
    },
  };
  try {
    clock.enter('train');
    if (!index.isTrained) await index.train(rows, options);
    clock.enter('add');
    await index.add(rows, options);
  } catch (e) {
    index.dispose();
    throw e;
  }
  const times = clock.finish();
  const built = await describe({ index, backend, engine }, times, undefined);
  session.setBuilt(built);
  return built.info;
}

/** What the page is told of an index. */
export async function describe(
  { index, backend, engine }: Omit<Built, 'info'>,
  { stages, seconds }: { stages: readonly Stage[]; seconds: number },
  note: string | undefined,
): Promise<Built> {
  const data = index.toData();
  const info: IndexInfo = {
    ...{ factory: formatFactory(index.spec), backend: index.backend, ntotal: index.ntotal, d: index.d },
    ...{ metric: metricOf(index), level: await levelOf(backend), threads: engine.threads, stages, seconds },
    ...{ parameters: parametersOf(index), nlist: ivfOf(data)?.nlist, bytes: encodedSize(data), note },
  };
  return { index, backend, engine, info };
}

/** The same index on other kernels, or with another number of threads. */
export async function setEngine(
  session: Session,
  { engine }: Parameters<Api['setEngine']>[0],
): Promise<IndexInfo> {
  const { index, info } = session.built;
  const backend = backendFor(engine.level);
  const moved = await loadIndex(index.toData(), { backends: [backend] });
  const level = await levelOf(backend);
  const built = {
    ...{ index: moved, backend, engine },
    info: { ...info, level, threads: engine.threads, parameters: parametersOf(moved) },
  };
  session.setBuilt(built);
  return built.info;
}
