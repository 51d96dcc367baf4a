import { basename } from 'node:path';
import type { VectorIndex } from '@lutra/core';
import { inspectIndex } from '@lutra/faiss-format';
import { indexFacts, listSizesOf, type ReportData, type ReportPoint, settingText } from '@lutra/report/data';
import type { MeasuredSetting, TuneRecord } from '@lutra/tune';
import { formatSeconds } from '../format.js';

/** What a tuning comes to, as a report. @param ms - of calls with one query at the setting that the index stores now */
export function tuneReport(
  path: string,
  index: VectorIndex,
  record: TuneRecord,
  ms: readonly number[],
): ReportData {
  const { target, chosen, sample, k, before, reached, why, confidence } = record;
  const data = index.toData();
  const drawn =
    sample.drawnFrom === 'rows' ? "drawn from the index's own vectors, themselves left out" : 'as given';
  return {
    title: `Tuning of ${basename(path)}`,
    facts: [
      ...indexFacts(record.index),
      ['queries', `${sample.queries.toLocaleString('en-US')}, ${drawn}, seed ${sample.seed}`],
      ['until now', `${settingText(before.parameters)}: recall@${k} ${before.recall.toFixed(4)}`],
      [reached ? 'chosen' : 'not reached', why],
      ['bounds', `each with confidence ${confidence}`],
      ['took', formatSeconds(record.seconds)],
    ],
    k,
    points: record.curve.map(pointOf),
    ...(chosen && { chosen: pointOf(chosen) }),
    ...(target.recall !== undefined && { targetRecall: target.recall }),
    latency: { setting: settingText({ ...index.parameters } as Record<string, number>), ms },
    listSizes: listSizesOf(data),
    bytes: inspectIndex(data).bytes,
  };
}

function pointOf({ parameters, recall, recallLow, recallHigh, qps }: MeasuredSetting): ReportPoint {
  return { parameters, recall, low: recallLow, high: recallHigh, qps };
}
