import { type Chart, chartsOf } from './charts.js';
import { type ReportData, type ReportPoint, settingText } from './report-data.js';

const STYLE = `
:root { color-scheme: light dark; --page: #fff; --ink: #1b1f24; --soft: #59636e; --line: #d9dee4;
  --accent: #2a6fb0; --mark: #c4471d; --quiet: #b9d0e6; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171b; --ink: #e6e9ed; --soft: #9aa4af; --line: #323941;
    --accent: #6cb0ee; --mark: #f2905f; --quiet: #2f4a63; }
}
body { background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 68rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin: 0 0 .2rem; }
p { color: var(--soft); margin: 0 0 .6rem; } dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
main { display: grid; gap: 2.2rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); margin: 2rem 0; }
section { min-width: 0; } section.wide { grid-column: 1 / -1; overflow-x: auto; } section.wide svg { min-width: 34rem; }
svg { --plot-background: var(--page); width: 100%; height: auto; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .9rem .2rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-right: 1.6rem; }
th { color: var(--soft); font-weight: 500; } tr.chosen { color: var(--mark); font-weight: 600; }
footer { color: var(--soft); font-size: .85rem; border-top: 1px solid var(--line); padding-top: .6rem; }
`;

/**
 * The report as one page of HTML: styles and drawings inside, no scripts, nothing to load.
 * @param document - a DOM document, in which charts are drawn and which is left as it was: the browser's own, or one of
 *   `linkedom` in Node
 */
export function reportPage(data: ReportData, document: object): string {
  const facts = data.facts
    .map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`)
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(data.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(data.title)}</h1>
<dl>
${facts}
</dl>
<main>
${chartsOf(data, document).map(section).join('\n')}
</main>
<h2>Every setting</h2>
<div class="scroll">${table(data)}</div>
<footer>Written by lutra. Drawings by Observable Plot.</footer>
</body>
</html>
`;
}

function section({ heading, note, svg }: Chart, i: number): string {
  const wide = i === 0 ? ' class="wide"' : '';
  return `<section${wide}><h2>${escaped(heading)}</h2><p>${escaped(note)}</p>${svg}</section>`;
}

function table({ points, chosen, k }: ReportData): string {
  const bounds = points.some((p) => p.low !== undefined);
  const head = ['setting', `recall@${k}`, ...(bounds ? ['at least', 'at most'] : []), 'QPS'];
  const cells = (p: ReportPoint): string[] => [
    settingText(p.parameters),
    p.recall.toFixed(4),
    ...(bounds ? [p.low, p.high].map((x) => x?.toFixed(4) ?? '') : []),
    Math.round(p.qps).toLocaleString('en-US'),
  ];
  const same = (p: ReportPoint): boolean =>
    JSON.stringify(p.parameters) === JSON.stringify(chosen?.parameters);
  const rows = points.map((p) => {
    const row = cells(p).map((cell) => `<td>${escaped(cell)}</td>`);
    return `<tr${same(p) ? ' class="chosen"' : ''}>${row.join('')}</tr>`;
  });
  return `<table><tr>${head.map((h) => `<th>${escaped(h)}</th>`).join('')}</tr>${rows.join('\n')}</table>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ENTITIES[c]!);
}
