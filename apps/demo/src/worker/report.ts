import { inspectIndex } from '@lutra/faiss-format';
import { indexFacts, listSizesOf, type ReportData, type ReportPoint, settingText } from '@lutra/report/data';
import type { Api, Measured, Parameters as SearchSettings } from '../protocol.js';
import { latencies } from './measure.js';
import type { Call } from './serve.js';
import type { Session } from './session.js';

/** What was measured in this visit, as a report. */
export async function report(
  session: Session,
  { k, parameters, points }: Parameters<Api['report']>[0],
  call: Call,
): Promise<ReportData> {
  const { index, info } = session.built;
  const { dataset } = session;
  const trial = await session.trial(call);
  const data = index.toData();
  const drawn = trial.own ? 'rows of the set, themselves left out' : 'kept out of the set';
  const chosen = points.find((point) => same(point.parameters, parameters));
  return {
    title: `${info.factory} over ${dataset.info.name}`,
    facts: [
      ...indexFacts(info),
      ['queries', `${trial.nq.toLocaleString('en-US')}, ${drawn}`],
      ['made in', info.stages.map(({ name, seconds }) => `${name} ${seconds.toFixed(2)} s`).join(', ')],
      ['kernels', `${info.level}, ${info.threads === 1 ? '1 thread' : `${info.threads} threads`}`],
      ['data', dataset.info.provenance],
    ],
    k,
    points: points.map(pointOf).sort((a, b) => a.recall - b.recall),
    ...(chosen && { chosen: pointOf(chosen) }),
    latency: {
      setting: settingText(numbers(parameters)),
      ms: latencies(index, trial, Math.min(k, trial.truth.k), parameters),
    },
    listSizes: listSizesOf(data),
    bytes: inspectIndex(data).bytes,
  };
}

function pointOf({ parameters, recall, qps }: Measured): ReportPoint {
  return { parameters: numbers(parameters), recall, qps };
}

/** The parameters that are set. */
function numbers(parameters: SearchSettings): Record<string, number> {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
}

function same(a: SearchSettings, b: SearchSettings): boolean {
  return settingText(numbers(a)) === settingText(numbers(b));
}
