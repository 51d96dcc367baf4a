import type { TuneRecord } from '@lutra/tune';
import { formatCount } from '../format.js';
import type { Io } from '../io.js';
import { formatTable } from '../table.js';
import { recallChart } from './text-chart.js';

/** The settings that a tuning measured, as a table with the chosen one marked, and as a chart. */
export function curveText(record: TuneRecord, io: Io): string {
  const { curve, k } = record;
  return `${curveTable(record)}\n${recallChart(curve, { k, columns: Math.min(100, io.stdout.columns ?? 80) })}`;
}

function curveTable({ curve, chosen, k }: TuneRecord): string {
  const names = Object.keys(curve[0]?.parameters ?? {});
  const chosenKey = JSON.stringify(chosen?.parameters);
  const rows = curve.map((p) => [
    JSON.stringify(p.parameters) === chosenKey ? '>' : '',
    ...names.map((name) => p.parameters[name]!),
    ...[p.recall, p.recallLow].map((r) => r.toFixed(4)),
    formatCount(Math.round(p.qps)),
  ]);
  return formatTable(['', ...names, `recall@${k}`, 'at least', 'QPS'], rows);
}
