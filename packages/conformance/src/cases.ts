import { type Ability, type Backend, isLutraError, isMetric, type Metric } from '@lutra/core';
import { type CheckedFactory, checkFactory, formatFactory, parseFactory } from '@lutra/factory';
import { BACKEND_CLAUSES, type BackendClause, refusedClause } from './backend-clauses.js';
import { catalogue, UNKNOWN_FLOOR } from './catalogue.js';
import type { Clause } from './clause.js';
import { EXCHANGE } from './clauses/exchange.js';
import { CLAUSES } from './clauses/index.js';
import { describeError } from './failure.js';
import { CHECKED_METRICS } from './ground-truth.js';
import { type ConformanceOptions, type Sizes, sizesOf } from './options.js';
import { Subject } from './subject.js';

/** One promise of one index, or of the backend, to be looked into. */
export interface ConformanceCase {
  /** `IVF8,Flat, l2: nprobe beyond nlist means all lists`. */
  readonly name: string;
  /** What the name begins with: the factory string and the metric, or the backend. */
  readonly group: string;
  /** What is promised. */
  readonly promise: string;
  /** Why there is nothing to look into: mostly what the backend does not claim. Such a case is not to be run. */
  readonly notClaimed: string | undefined;
  /** Resolves to undefined if the promise is kept, else to what is wrong. Never rejects. */
  run(): Promise<string | undefined>;
}

/**
 * Every case for `backend`, as its manifest and its refusals make them; nothing is built yet. They are to be run in this
 * order for speed (cases of one index share it), may be run in any, and run one at a time whatever the caller does.
 * @throws LutraError `ARGUMENT` for sizes out of range, `SYNTAX` for a string of `factories` that does not parse
 */
export function conformanceCases(backend: Backend, options: ConformanceOptions = {}): ConformanceCase[] {
  const sizes = sizesOf(options);
  const line = new Queue();
  const cases = BACKEND_CLAUSES.map((clause) => backendCase(backend, sizes, clause, line));
  const entries = [
    ...catalogue(sizes),
    ...(options.factories ?? []).map((factory) => {
      const text = formatFactory(parseFactory(factory));
      return { factory: text, recall: { l2: UNKNOWN_FLOOR, ip: UNKNOWN_FLOOR } };
    }),
  ];
  const metrics = backend.supports.metrics.filter((m) => isMetric(m) && CHECKED_METRICS.includes(m));
  const unchecked = backend.supports.metrics.filter((m) => !metrics.includes(m));
  cases.push(...unchecked.map((metric) => uncheckedCase(backend, metric)));
  for (const { factory, recall } of entries) {
    let first = true;
    for (const metric of metrics) {
      const checked = checkedOrNone(factory, sizes.d, metric);
      if (!checked || !isLookedInto(checked, metric)) continue;
      const refusal = backend.refuses(checked.spec, { d: sizes.d, metric });
      if (refusal !== undefined) {
        cases.push(backendCase(backend, sizes, refusedClause(factory, metric, refusal), line));
        continue;
      }
      const floor = metric === 'l2' || metric === 'ip' ? recall[metric] : UNKNOWN_FLOOR;
      const subject = new Subject(backend, checked, sizes, floor, options.reference);
      cases.push(...subjectCases(subject, first, line));
      first = false;
    }
  }
  return cases;
}

/** Transforms know nothing of the metric, and most keep distances by l2 and ip alone: there they are looked into. */
function isLookedInto({ spec }: CheckedFactory, metric: Metric): boolean {
  return metric === 'l2' || metric === 'ip' || spec.kind !== 'PreTransform';
}

/** Says that a metric is left out, where everybody sees it. */
function uncheckedCase(backend: Backend, metric: Metric): ConformanceCase {
  const group = `backend ${backend.name}`;
  const promise = `metric ${metric}`;
  return {
    name: `${group}: ${promise}`,
    group,
    promise,
    notClaimed: `metric ${metric} is not looked into by the kit`,
    run: async () => undefined,
  };
}

/** What `factory` comes to, or undefined where no such index exists in faiss either. */
function checkedOrNone(factory: string, d: number, metric: Metric): CheckedFactory | undefined {
  try {
    return checkFactory(parseFactory(factory), { d, metric });
  } catch (e) {
    if (isLutraError(e, 'ARGUMENT')) return undefined;
    throw e;
  }
}

function backendCase(backend: Backend, sizes: Sizes, clause: BackendClause, line: Queue): ConformanceCase {
  const group = `backend ${backend.name}`;
  return {
    name: `${group}: ${clause.promise}`,
    group,
    promise: clause.promise,
    notClaimed: undefined,
    run: () => line.add(() => outcomeOf(() => clause.check(backend, sizes))),
  };
}

function subjectCases(subject: Subject, first: boolean, line: Queue): ConformanceCase[] {
  const group = `${subject.factory}, ${subject.metric}`;
  return [...CLAUSES, ...EXCHANGE]
    .filter((clause) => (first || !clause.once) && (clause.concerns?.(subject) ?? true))
    .map((clause) => {
      const missing = (clause.needs ?? []).filter((ability) => !subject.has(ability));
      return {
        name: `${group}: ${clause.promise}`,
        group,
        promise: clause.promise,
        notClaimed: missing.length === 0 ? undefined : notClaimed(missing),
        run: () => line.add(() => runOne(subject, clause, line)),
      };
    });
}

function notClaimed(missing: readonly Ability[]): string {
  return `${missing.join(', ')} is not claimed`;
}

async function runOne(subject: Subject, clause: Clause, line: Queue): Promise<string | undefined> {
  if (line.subject !== subject) await line.subject?.close();
  line.subject = subject;
  const outcome = await outcomeOf(() => clause.check(subject));
  const closing = await outcomeOf(async () => subject.closeCase());
  return outcome ?? closing;
}

/** What went wrong in `check`, as a sentence. */
async function outcomeOf(check: () => Promise<void>): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (e) {
    return e instanceof Error && e.name === 'Failure' ? e.message : `unexpected ${describeError(e)}`;
  }
}

/** Runs one thing after the other, whoever asks, and remembers whose shared index is open. */
class Queue {
  subject: Subject | undefined;
  #last: Promise<unknown> = Promise.resolve();

  add<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => {});
    return next;
  }
}
