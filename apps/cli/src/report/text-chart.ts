import { paretoFront } from '@lutra/metrics';
import type { ReportPoint } from '@lutra/report/data';
import simpleAsciiChart from 'simple-ascii-chart';
import { formatCount } from '../format.js';

const ROWS = 12;
/** Columns that the axis takes beside the plot. */
const AXIS = 12;
/** As a module's default or, where CommonJS is wrapped, inside of it. */
const plot =
  (simpleAsciiChart as unknown as { default?: typeof simpleAsciiChart }).default ?? simpleAsciiChart;

/**
 * The Pareto front of recall against queries a second, drawn with letters; empty for fewer than two points on it. QPS is
 * on a logarithmic scale.
 */
export function recallChart(
  points: readonly Pick<ReportPoint, 'recall' | 'qps'>[],
  { k, columns }: { k: number; columns: number },
): string {
  const front = paretoFront(points, { maximise: 'recall', minimise: (p) => -p.qps });
  if (front.length < 2) return '';
  const line = front.map(({ recall, qps }) => [Math.log10(qps), recall] as [number, number]).reverse();
  const chart = plot(line, {
    ...{ width: Math.max(20, columns - AXIS), height: ROWS, title: `recall@${k} against queries a second` },
    formatter: (value, { axis }) =>
      axis === 'x' ? formatCount(Number((10 ** value).toPrecision(2))) : value.toFixed(3),
  });
  return `${chart
    .split('\n')
    .map((text) => text.trimEnd())
    .filter((text) => text !== '')
    .join('\n')}\n`;
}
