/*
 * The charts of a report, drawn by Observable Plot into SVG: the page that holds them needs no script.
 */
import { paretoFront } from '@lutra/metrics';
import * as Plot from '@observablehq/plot';
import { formatBytes } from './format-bytes.js';
import { type ReportData, type ReportPoint, settingText } from './report-data.js';

/** A drawing and what it shows. */
export interface Chart {
  readonly heading: string;
  readonly note: string;
  readonly svg: string;
}

const WIDTH = 460;
const WIDE = 860;
const ACCENT = 'var(--accent)';
const MARK = 'var(--mark)';
const QUIET = 'var(--quiet)';

/** Draws into SVG text. */
type Draw = (options: Plot.PlotOptions) => string;

/** All charts that `data` has something for; @param document - where elements come from while they are drawn */
export function chartsOf(data: ReportData, document: object): Chart[] {
  const drawn = document as NonNullable<Plot.PlotOptions['document']>;
  const draw: Draw = (options) => Plot.plot({ document: drawn, width: WIDTH, ...options }).outerHTML;
  const charts = [recallAgainstQps(data, draw), ...parameterCurves(data, draw), latencyHistogram(data, draw)];
  if (data.listSizes !== undefined) charts.push(listBalance(data.listSizes, draw));
  charts.push(bytesByPart(data, draw));
  return charts;
}

function describe(p: ReportPoint, k: number): string {
  return `${settingText(p.parameters)}\nrecall@${k} ${p.recall.toFixed(4)}\n${Math.round(p.qps).toLocaleString('en-US')} QPS`;
}

function recallAgainstQps({ points, chosen, targetRecall, k }: ReportData, draw: Draw): Chart {
  const front = paretoFront(points, { maximise: 'recall', minimise: (p) => -p.qps });
  const bounds = points.filter((p) => p.low !== undefined);
  const svg = draw({
    width: WIDE,
    height: 360,
    marginLeft: 50,
    inset: 8,
    x: { type: 'log', label: 'queries a second →', grid: true, ticks: 6, tickFormat: '~s' },
    y: { label: `↑ recall@${k}`, grid: true },
    marks: [
      ...(targetRecall === undefined
        ? []
        : [Plot.ruleY([targetRecall], { stroke: MARK, strokeDasharray: '4 3' })]),
      Plot.ruleX(bounds, { x: 'qps', y1: 'low', y2: 'high', stroke: QUIET, strokeWidth: 3 }),
      Plot.line(front, { x: 'qps', y: 'recall', stroke: ACCENT, strokeWidth: 1.5 }),
      Plot.dot(points, {
        x: 'qps',
        y: 'recall',
        fill: ACCENT,
        r: 3.5,
        title: (p: ReportPoint) => describe(p, k),
      }),
      ...(chosen === undefined ? [] : chosenMarks(chosen, points)),
    ],
  });
  const target = targetRecall === undefined ? '' : ` The dashed line is the target, ${targetRecall}.`;
  const bars = bounds.length > 0 ? ' Bars: where the recall of all such queries lies.' : '';
  return {
    heading: 'Recall against throughput',
    note: `Each dot is a setting; the line joins those that no other beats.${bars}${target}`,
    svg,
  };
}

function chosenMarks(chosen: ReportPoint, points: readonly ReportPoint[]): Plot.Markish[] {
  const qps = points.map((p) => p.qps);
  // the curve falls to the right, so below on the left there is room, but for the margin
  const left = chosen.qps ** 2 > Math.min(...qps) * Math.max(...qps);
  return [
    Plot.dot([chosen], { x: 'qps', y: 'recall', r: 7, stroke: MARK, strokeWidth: 2 }),
    Plot.text([chosen], {
      ...{ x: 'qps', y: 'recall', text: (p: ReportPoint) => settingText(p.parameters), fill: 'currentColor' },
      ...{ dy: 18, dx: left ? 4 : -4, textAnchor: left ? 'end' : 'start' },
      ...{ fontWeight: 'bold', stroke: 'var(--page)', strokeWidth: 4 },
    }),
  ];
}

/** Recall over each parameter that varies while the others are as in the point chosen. */
function parameterCurves({ points, chosen, k }: ReportData, draw: Draw): Chart[] {
  const anchor = chosen ?? points.at(-1);
  if (anchor === undefined) return [];
  const charts: Chart[] = [];
  for (const name of Object.keys(anchor.parameters)) {
    const along = points
      .filter((p) =>
        Object.entries(anchor.parameters).every(([other, v]) => other === name || p.parameters[other] === v),
      )
      .sort((a, b) => a.parameters[name]! - b.parameters[name]!);
    if (along.length < 2) continue;
    const x = (p: ReportPoint): number => p.parameters[name]!;
    const others = settingText(
      Object.fromEntries(Object.entries(anchor.parameters).filter(([other]) => other !== name)),
    );
    const svg = draw({
      height: 260,
      marginLeft: 50,
      inset: 6,
      x: { type: 'log', base: 2, label: `${name} →`, ticks: 8, tickFormat: 'd' },
      y: { label: `↑ recall@${k}`, grid: true },
      marks: [
        Plot.line(along, { x, y: 'recall', stroke: ACCENT, strokeWidth: 1.5 }),
        Plot.dot(along, { x, y: 'recall', fill: ACCENT, r: 3.5, title: (p: ReportPoint) => describe(p, k) }),
        ...(chosen ? [Plot.dot([chosen], { x, y: 'recall', r: 7, stroke: MARK, strokeWidth: 2 })] : []),
      ],
    });
    const with_ = Object.keys(anchor.parameters).length > 1 ? `With ${others}.` : '';
    charts.push({ heading: `Recall over ${name}`, note: with_, svg });
  }
  return charts;
}

function histogram(values: readonly number[]): Plot.Markish {
  const bars = Plot.binX({ y: 'count', thresholds: 40 }, { x: (value: number) => value });
  return Plot.rectY(values, { ...bars, fill: ACCENT });
}

/** Calls that take more times the median than this share the last bar. */
const MOST_OF_MEDIAN = 5;

function latencyHistogram({ latency }: ReportData, draw: Draw): Chart {
  const sorted = [...latency.ms].sort((a, b) => a - b);
  const at = (p: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))]!;
  const [p50, p95, p99] = [at(50), at(95), at(99)];
  // the few slowest calls, and those that the machine held up, would squeeze the rest into one bar
  const most = Math.min(1.5 * p95, MOST_OF_MEDIAN * p50);
  const marked = p95 <= most ? [p50, p95] : [p50];
  const shown = sorted.map((ms) => Math.min(ms, most));
  const slow = sorted.filter((ms) => ms > most).length;
  const svg = draw({
    height: 240,
    marginLeft: 50,
    x: { label: 'milliseconds a call →' },
    y: { label: '↑ calls', grid: true },
    marks: [
      histogram(shown),
      Plot.ruleX(marked, { stroke: MARK, strokeWidth: 1.5 }),
      Plot.text(marked, {
        x: (ms) => ms,
        text: (_, i) => ['p50', 'p95'][i],
        frameAnchor: 'top',
        dx: 14,
        fill: 'currentColor',
      }),
      Plot.ruleY([0]),
    ],
  });
  const note = `${sorted.length} calls with one query each, ${latency.setting}: p50 ${p50.toFixed(3)} ms, p95 ${p95.toFixed(3)}, p99 ${p99.toFixed(3)}.${slow > 0 ? ` The last bar holds the ${slow} slowest.` : ''}`;
  return { heading: 'Latency', note, svg };
}

function listBalance(sizes: readonly number[], draw: Draw): Chart {
  const total = sizes.reduce((a, b) => a + b, 0);
  const squares = sizes.reduce((a, b) => a + b * b, 0);
  const imbalance = total > 0 ? (sizes.length * squares) / total ** 2 : 1;
  const mean = total / sizes.length;
  const svg = draw({
    height: 240,
    marginLeft: 50,
    x: { label: 'vectors in a list →' },
    y: { label: '↑ lists', grid: true },
    marks: [
      histogram(sizes),
      Plot.ruleX([mean], { stroke: MARK, strokeWidth: 1.5 }),
      Plot.text([mean], {
        x: (n) => n,
        text: () => 'mean',
        frameAnchor: 'top',
        dx: 18,
        fill: 'currentColor',
      }),
      Plot.ruleY([0]),
    ],
  });
  const empty = sizes.filter((n) => n === 0).length;
  const note = `${sizes.length.toLocaleString('en-US')} lists, ${mean.toFixed(0)} vectors each in the mean, ${empty} empty; a search looks at ${imbalance.toFixed(2)} times what equal lists would cost.`;
  return { heading: 'Balance of the lists', note, svg };
}

const PARTS = ['vectors', 'codes', 'ids', 'centroids', 'transforms', 'overhead'] as const;

function bytesByPart({ bytes }: ReportData, draw: Draw): Chart {
  const parts = PARTS.filter((part) => bytes[part] > 0).map((part) => ({ part, bytes: bytes[part] }));
  const svg = draw({
    height: 40 + 30 * parts.length,
    marginLeft: 80,
    marginRight: 70,
    x: { label: null, axis: null },
    y: { label: null, domain: parts.map(({ part }) => part) },
    marks: [
      Plot.barX(parts, { x: 'bytes', y: 'part', fill: ACCENT }),
      Plot.text(parts, {
        x: 'bytes',
        y: 'part',
        text: (p) => formatBytes(p.bytes),
        textAnchor: 'start',
        dx: 6,
        fill: 'currentColor',
      }),
      Plot.ruleX([0]),
    ],
  });
  return { heading: 'Bytes by part', note: `${formatBytes(bytes.total)} in all.`, svg };
}
