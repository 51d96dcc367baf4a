/*
 * What the page knows, as signals. `actions.ts` changes them; the sections show them.
 */
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type {
  Blended,
  DatasetInfo,
  Engine,
  Environment,
  IndexInfo,
  Inspection,
  Level,
  Measured,
  PageMetric,
  Parameters,
  Picture,
  QueryRef,
  Reached,
  Reading,
  Step,
} from './protocol.js';

/** The parts of the page that can be busy or have something to complain of. */
export type Place = 'data' | 'factory' | 'build' | 'see' | 'measure' | 'blend' | 'take';

/** A point of the recall plot: what was measured, and on which kernels. */
export interface Explored extends Measured {
  readonly level: Level;
}

export const environment: Signal<Environment | undefined> = signal(undefined);
export const dataset: Signal<DatasetInfo | undefined> = signal(undefined);
export const factoryText: Signal<string> = signal('');
export const metric: Signal<PageMetric> = signal('l2');
export const engine: Signal<Engine> = signal({ level: 'auto', threads: 1 });
/** The string of the bar as it was read last. */
export const reading: Signal<Reading | undefined> = signal(undefined);
export const index: Signal<IndexInfo | undefined> = signal(undefined);
export const parameters: Signal<Parameters> = signal({});
export const k: Signal<number> = signal(10);
export const picture: Signal<Picture | undefined> = signal(undefined);
export const query: Signal<QueryRef | undefined> = signal(undefined);
export const inspection: Signal<Inspection | undefined> = signal(undefined);
export const measured: Signal<Measured | undefined> = signal(undefined);
export const explored: Signal<readonly Explored[]> = signal([]);
export const reached: Signal<Reached | undefined> = signal(undefined);
export const blended: Signal<Blended | undefined> = signal(undefined);

/** What is going on, by place; a place that is not named is idle. */
export const steps: Signal<Partial<Record<Place, Step>>> = signal({});
/** What went wrong, by place, in sentences. */
export const problems: Signal<Partial<Record<Place, string>>> = signal({});

/** Whether a call runs that changes what the others look at. */
export const occupied: ReadonlySignal<boolean> = computed(() => {
  const { data, build, measure } = steps.value;
  return data !== undefined || build !== undefined || measure?.stage === 'tuning';
});

/** Whether the string as it stands can be built for the set by this engine. */
export const buildable: ReadonlySignal<boolean> = computed(() => {
  const read = reading.value;
  if (!read?.checked || read.factory !== factoryText.value || read.metric !== metric.value) return false;
  return read.refusal === undefined && read.checked.minTrainRows <= (dataset.value?.n ?? 0);
});

export function setStep(place: Place, step: Step | undefined): void {
  const { [place]: _, ...others } = steps.value;
  steps.value = step ? { ...others, [place]: step } : others;
}

export function setProblem(place: Place, text: string | undefined): void {
  const { [place]: _, ...others } = problems.value;
  problems.value = text === undefined ? others : { ...others, [place]: text };
}
