/*
 * What a user can do: asks the worker, and puts what comes back where the sections see it.
 */
import { batch } from '@preact/signals';
import { type CallOptions, Client } from './client.js';
import type {
  Api,
  DatasetInfo,
  Engine,
  IndexInfo,
  Method,
  QueryRef,
  Parameters as SearchSettings,
} from './protocol.js';
import { isStop, sentence } from './sentence.js';
import type { Place } from './state.js';
import * as state from './state.js';

const worker = new Worker(new URL('./worker/main.ts', import.meta.url), { type: 'module' });
const client = new Client(worker as unknown as ConstructorParameters<typeof Client>[0]);

/** One call at a time for each place: a new one calls the last one off. */
const running = new Map<Place, AbortController>();

/** Asks the worker on behalf of a place, which shows progress and complaints; undefined where it failed or was called off. */
async function ask<M extends Method>(
  place: Place,
  method: M,
  args: Parameters<Api[M]>[0],
  stage?: string,
): Promise<ReturnType<Api[M]> | undefined> {
  running.get(place)?.abort();
  const controller = new AbortController();
  running.set(place, controller);
  const mine = (): boolean => running.get(place) === controller;
  batch(() => {
    state.setProblem(place, undefined);
    state.setStep(place, { stage: stage ?? method, done: 0, total: undefined });
  });
  const options: CallOptions = {
    signal: controller.signal,
    onStep: (step) => mine() && state.setStep(place, stage ? { ...step, stage } : step),
  };
  try {
    const value = await client.call(method, args, options);
    return mine() ? value : undefined;
  } catch (e) {
    if (mine() && !isStop(e)) state.setProblem(place, sentence(e));
    return undefined;
  } finally {
    if (mine()) {
      running.delete(place);
      state.setStep(place, undefined);
    }
  }
}

/** Calls off what a place is doing. */
export function stop(place: Place): void {
  running.get(place)?.abort();
}

export async function start(): Promise<void> {
  try {
    const found = await client.call('start', {});
    state.environment.value = found;
  } catch (e) {
    state.setProblem('data', sentence(e));
  }
}

export async function openCarried(name: 'speech' | 'words'): Promise<void> {
  const info = await ask('data', 'openCarried', { name });
  if (info) await takeDataset(info, undefined);
}

export async function openFiles(files: readonly File[]): Promise<void> {
  const opened = await ask('data', 'openFiles', { files });
  if (opened) await takeDataset(opened.dataset, opened.index);
}

async function takeDataset(info: DatasetInfo, index: IndexInfo | undefined): Promise<void> {
  for (const place of ['build', 'see', 'measure', 'blend', 'take'] as const) stop(place);
  batch(() => {
    state.dataset.value = info;
    // the string of a file has what cosine would put in front already
    state.metric.value = index && info.metric === 'cosine' ? 'ip' : info.metric;
    state.factoryText.value = index?.factory ?? info.suggestion;
    state.problems.value = {};
    state.query.value = undefined;
    forgetIndex();
    state.picture.value = undefined;
    state.reading.value = undefined;
  });
  void read();
  if (index) await takeIndex(index);
  else await look();
}

function forgetIndex(): void {
  state.index.value = undefined;
  state.inspection.value = undefined;
  state.measured.value = undefined;
  state.explored.value = [];
  state.reached.value = undefined;
  state.blended.value = undefined;
}

/** Puts a string or metric into the bar, and has it read. */
export function setFactory(factory: string, by = state.metric.value): void {
  batch(() => {
    state.factoryText.value = factory;
    state.metric.value = by;
  });
  void read();
}

async function read(): Promise<void> {
  const set = state.dataset.value;
  if (!set) return;
  const args = { factory: state.factoryText.value, metric: state.metric.value, n: set.n, d: set.d };
  try {
    const found = await client.call('read', args);
    const { factoryText, metric, dataset } = state;
    // of a string that was typed over meanwhile nothing is shown
    if (found.factory === factoryText.value && found.metric === metric.value && set === dataset.value) {
      state.reading.value = found;
    }
  } catch (e) {
    state.setProblem('factory', sentence(e));
  }
}

export async function build(): Promise<void> {
  for (const place of ['see', 'measure', 'blend'] as const) stop(place);
  batch(forgetIndex);
  const args = { factory: state.factoryText.value, metric: state.metric.value, engine: state.engine.value };
  const built = await ask('build', 'build', args);
  if (built) await takeIndex(built);
}

const START: Required<SearchSettings> = { nprobe: 8, kFactor: 4, efSearch: 32 };

async function takeIndex(info: IndexInfo): Promise<void> {
  const stored = info.parameters;
  const names = Object.keys(stored) as (keyof SearchSettings)[];
  const most = { nprobe: info.nlist ?? 1, kFactor: 1000, efSearch: 4096 };
  const chosen = names.map((name) => [name, Math.min(most[name], Math.max(stored[name] ?? 1, START[name]))]);
  batch(() => {
    state.index.value = info;
    state.parameters.value = Object.fromEntries(chosen);
    state.query.value ??= firstQuery(state.dataset.value!);
  });
  await look();
  await Promise.all([inspect(), measure()]);
}

function firstQuery(set: DatasetInfo): QueryRef {
  const river = set.words?.indexOf('river') ?? -1;
  if (river >= 0) return { from: 'rows', row: river };
  const [clip] = set.heldOut;
  if (clip) return { from: 'heldOut', row: clip.start + Math.floor(clip.rows / 3) };
  return { from: 'rows', row: Math.floor(set.n / 2) };
}

/** The engine that the index is on, or the next one is built by. */
export async function setEngine(engine: Engine): Promise<void> {
  state.engine.value = engine;
  if (!state.index.value) return;
  const info = await ask('build', 'setEngine', { engine }, 'moving');
  if (!info) return;
  state.index.value = info;
  await Promise.all([inspect(), measure()]);
}

async function look(): Promise<void> {
  const found = await ask('see', 'picture', {}, 'drawing');
  if (found) state.picture.value = found;
}

export async function inspect(): Promise<void> {
  const { value: query } = state.query;
  if (!state.index.value || !query) return;
  const args = { query, k: state.k.value, parameters: state.parameters.value };
  const found = await ask('see', 'inspect', args, 'searching');
  if (found) state.inspection.value = found;
}

export async function measure(): Promise<void> {
  const info = state.index.value;
  if (!info) return;
  const found = await ask('measure', 'measure', { k: state.k.value, parameters: state.parameters.value });
  if (!found) return;
  batch(() => {
    state.measured.value = found;
    explore([found]);
  });
}

/** Adds what was measured to the plot; of a setting measured again the last counts. */
function explore(points: readonly Parameters<typeof keyOf>[0][]): void {
  const level = state.index.value!.level;
  const fresh = points.map((point) => ({ ...point, level }));
  const keys = new Set(fresh.map(keyOf));
  state.explored.value = [...state.explored.value.filter((point) => !keys.has(keyOf(point))), ...fresh];
}

function keyOf(point: Omit<state.Explored, 'level'> & { level?: state.Explored['level'] }): string {
  return `${point.level} ${JSON.stringify(Object.entries(point.parameters).sort())}`;
}

/** Sets search parameters; all that shows a search follows. */
export function setParameters(changed: SearchSettings): void {
  state.parameters.value = { ...state.parameters.value, ...changed };
  state.reached.value = undefined;
  void inspect();
  void measure();
}

export function setQuery(query: QueryRef): void {
  state.query.value = query;
  void inspect();
}

/** How many neighbours are wanted; recalls of another number do not compare. */
export function setK(k: number): void {
  batch(() => {
    state.k.value = k;
    state.explored.value = [];
    state.reached.value = undefined;
  });
  void inspect();
  void measure();
}

const TUNE_SECONDS = 20;

export async function reach(recall: number): Promise<void> {
  const found = await ask('measure', 'reach', { k: state.k.value, recall, seconds: TUNE_SECONDS }, 'tuning');
  if (!found) return;
  batch(() => {
    explore(found.points);
    state.reached.value = found;
    state.parameters.value = { ...state.parameters.value, ...found.parameters };
  });
  await Promise.all([inspect(), measure()]);
}

export async function blend(clip: string, rate: number): Promise<void> {
  const found = await ask('blend', 'blend', { clip, rate, parameters: state.parameters.value });
  if (found) state.blended.value = found;
}

/** The sound around a row, or of its whole clip for 0 seconds. */
export async function soundOf(
  query: QueryRef,
  seconds: number,
): Promise<{ samples: Float32Array; rate: number } | undefined> {
  try {
    return await client.call('sound', { query, seconds });
  } catch (e) {
    state.setProblem('see', sentence(e));
    return undefined;
  }
}

export async function download(method: 'saveIndex' | 'saveVectors'): Promise<void> {
  const file = await ask('take', method, { parameters: state.parameters.value }, 'writing');
  if (file) saveBlob(file.name, file.blob);
}

/** The page of what was measured, drawn here: a worker has no document. */
export async function downloadReport(): Promise<void> {
  const { k, parameters, index, dataset } = state;
  const { level } = index.value!;
  const points = state.explored.value.filter((point) => point.level === level);
  const data = await ask('take', 'report', { k: k.value, parameters: parameters.value, points }, 'measuring');
  if (!data) return;
  try {
    const { reportPage } = await import('@lutra/report');
    const page = reportPage(data, document);
    saveBlob(`${dataset.value!.name}-report.html`, new Blob([page], { type: 'text/html' }));
  } catch (e) {
    state.setProblem('take', sentence(e));
  }
}

/** Hands a file to the browser. */
function saveBlob(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
