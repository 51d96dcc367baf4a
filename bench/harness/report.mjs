// The figures of a run as a Markdown document; the JSON beside it holds everything.

const number = (value, digits = 2) =>
  value === undefined || Number.isNaN(value)
    ? ''
    : value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
const whole = (value) => (value === undefined ? '' : Math.round(value).toLocaleString('en'));
const megabytes = (bytes) => (bytes === undefined ? '' : whole(bytes / 2 ** 20));
const times = (r) => (r === undefined ? '' : `${number(r.median)} (${number(r.min)}–${number(r.max)})`);
const settingOf = (setting) =>
  Object.entries(setting ?? {})
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

const COLUMNS = [
  ['engine', (r) => r.name, 'left'],
  ['mode', (r) => r.mode, 'left'],
  ['setting', (r) => settingOf(r.setting), 'left'],
  ['recall@10', (r) => number(r.recall, 4)],
  ['QPS', (r) => whole(r.qps)],
  ['QPS by CPU', (r) => whole(r.microseconds && 1e6 / r.microseconds.cpu)],
  ['of Lutra’s', (r) => number(r.ofLutra)],
  ['call µs', (r) => number(r.callOverhead, 1)],
  ['ratio wall', (r) => times(r.ratio?.wall)],
  ['ratio CPU', (r) => times(r.ratio?.cpu)],
  ['same labels', (r) => number(r.sameLabels, 4)],
  ['p50 ms', (r) => (r.mode === 'batch' ? '' : number(r.p50, 3))],
  ['p99 ms', (r) => (r.mode === 'batch' ? '' : number(r.p99, 3))],
  ['open s', (r) => (r.mode === 'open' ? number(r.wall, 3) : '')],
  ['build s', (r) => number(r.build?.wall, 1)],
  ['build CPU s', (r) => number(r.build?.cpu, 1)],
  ['build ratio wall', (r) => times(r.buildRatio?.wall)],
  ['build ratio CPU', (r) => times(r.buildRatio?.cpu)],
  ['build peak MB', (r) => megabytes(r.build?.peak)],
  ['peak MB', (r) => megabytes(r.memory?.peak)],
  ['bytes/vector', (r) => whole(r.bytesPerVector)],
  ['disturbed', (r) => number(r.disturbance)],
];

function table(rows) {
  const columns = COLUMNS.filter(([, of]) => rows.some((row) => of(row) !== ''));
  const lines = [
    columns.map(([name]) => name),
    columns.map(([, , align]) => (align === 'left' ? '---' : '--:')),
    ...rows.map((row) => columns.map(([, of]) => of(row).replaceAll('|', '\\|'))),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Versions, kernel levels and runtimes, once for all rows that share them. */
function identities(rows) {
  const found = new Set();
  for (const { engine, version, level, runtime } of rows) {
    const what = [version === 'workspace' ? engine : `${engine} ${version}`, level, runtime];
    found.add(what.filter(Boolean).join(', '));
  }
  return [...found].join('; ');
}

/** One case: its table, and what could not be measured. */
export function caseMarkdown({ title, data, factory, reference, rows, failures = [], skipped }) {
  if (skipped) return `### ${title}\n\nNot measured: ${skipped}\n`;
  const where = data ? `${data.name}, ${whole(data.n)} × ${data.d}, ${whole(data.nq)} queries` : '';
  const ratios = reference && `ratios to ${reference}`;
  const head = [where, factory && `\`${factory}\``, ratios].filter(Boolean).join('; ');
  const missing = failures.map(({ engine, reason }) => `- ${engine}: ${reason}`).join('\n');
  return `${[`### ${title}`, head, `${identities(rows)}.`, table(rows), missing].filter(Boolean).join('\n\n')}\n`;
}

/** The whole report. */
export function markdown({ machine, commit, date, cases, calibration, rounds }) {
  const head = [
    `${machine}; ${date.slice(0, 10)}, commit ${commit}; medians of ${rounds} rounds in turns.`,
    'Ratio: the time of the reference (of faiss, without its call overhead) over that of the engine, within a round (least–greatest).',
    `"Disturbed" is the calibration loop beside the measurement over its best time, ${number(calibration.best, 1)} ms.`,
  ].join(' ');
  return `${head}\n\n${cases.map(caseMarkdown).join('\n')}`;
}
