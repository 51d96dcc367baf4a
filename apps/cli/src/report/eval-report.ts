import { basename } from 'node:path';
import type { VectorIndex } from '@lutra/core';
import { formatFactory } from '@lutra/factory';
import { inspectIndex } from '@lutra/faiss-format';
import { indexFacts, listSizesOf, type ReportData, settingText } from '@lutra/report/data';
import type { Measured } from '../evaluation.js';

/** What an evaluation comes to, as a report. `ms` are calls with one query at the setting `most`. */
export function evalReport(
  path: string,
  index: VectorIndex,
  run: { k: number; queries: number; rows: readonly Measured[]; most: Measured; ms: readonly number[] },
): ReportData {
  const data = index.toData();
  const stored = index.parameters as Readonly<Record<string, number>>;
  const full = (m: Measured): Record<string, number> => ({
    ...stored,
    ...(m.parameters as Record<string, number>),
  });
  const { ntotal, d, metric, backend, spec } = index;
  const facts = indexFacts({ factory: formatFactory(spec), ntotal, d, metric, backend });
  return {
    title: `Evaluation of ${basename(path)}`,
    facts: [...facts, ['queries', run.queries.toLocaleString('en-US')]],
    k: run.k,
    points: run.rows.map((m) => ({ parameters: full(m), recall: m.recall, qps: m.qps })),
    latency: { setting: settingText(full(run.most)), ms: run.ms },
    listSizes: listSizesOf(data),
    bytes: inspectIndex(data).bytes,
  };
}
