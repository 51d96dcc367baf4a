// Figures of quality.mjs as a Markdown document: a line a form, a column a data set and metric.

import { stringOf } from './forms.mjs';

/** Differences beyond this are marked. */
export const TOLERANCE = 0.01;

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const signed = (v) => `${v < 0 ? '−' : '+'}${Math.abs(v).toFixed(4)}`;

function cell(figures) {
  if (figures.length === 0) return '';
  const failed = figures.find(({ lutra, faiss }) => lutra.failed ?? faiss.failed);
  if (failed) return `${failed.lutra.failed ? 'lutra' : 'faiss'} fails`;
  const recall = mean(figures.map(({ lutra }) => lutra.recall));
  const difference = recall - mean(figures.map(({ faiss }) => faiss.recall));
  const text = `${recall.toFixed(4)} (${signed(difference)})`;
  return Math.abs(difference) > TOLERANCE ? `**${text}**` : text;
}

const settingOf = ({ setting, bytes, rows }, most) =>
  [
    ...Object.entries(setting).map(([name, value]) => `${name} ${value}`),
    ...(bytes ? ['bytes'] : []),
    ...(rows < most ? [`${rows.toLocaleString('en')} rows`] : []),
  ].join(', ');

/** @param {object[]} figures - in the order of the forms; undefined for what was not measured */
export function markdown(figures, machine) {
  const all = figures.filter(Boolean);
  const columns = [...new Set(all.map(({ set, metric }) => `${set} ${metric}`))].sort((a, b) =>
    b.localeCompare(a),
  );
  const most = Math.max(...all.map(({ rows }) => rows));
  const differences = all
    .filter(({ lutra, faiss }) => !lutra.failed && !faiss.failed)
    .map(({ lutra, faiss }) => lutra.recall - faiss.recall);
  const beyond = differences.filter((v) => Math.abs(v) > TOLERANCE).length;
  const seeds = [...new Set(all.map(({ seed }) => seed))].join(', ');
  const [{ versions }] = all;
  const letters = ['M', 'S', 'F', 'P'].map((letter) => {
    const numbers = [...new Set(all.map(({ d }) => d))].map(
      (d) => `${stringOf(`{${letter}}`, d)} for d ${d}`,
    );
    return `\`{${letter}}\` ${numbers.join(' and ')}`;
  });
  const lines = [
    '# Trained here beside trained by faiss',
    '',
    'recall@10 against exact search of an index that was trained and filled here, and in brackets how much that is above one',
    'of faiss, from the same rows, searched with the same setting. Empty: not measured. `bench/quality.mjs` makes it.',
    '',
    `Letters: ${letters.join('; ')}.`,
    '',
    `${most.toLocaleString('en')} rows a set unless told; seeds ${seeds}; faiss ${versions.faiss}; ${versions.level}, ${machine}.`,
    '',
    `${all.length} pairs of indexes: ${beyond} differ by more than ${TOLERANCE}; least ${signed(Math.min(...differences))}, ` +
      `greatest ${signed(Math.max(...differences))}, mean ${signed(mean(differences))}.`,
  ];
  for (const title of new Set(all.map((figure) => figure.title))) {
    const group = all.filter((figure) => figure.title === title);
    lines.push('', `## ${title}`, '', `| string | setting | ${columns.join(' | ')} |`);
    lines.push(`|---|---|${columns.map(() => '--:|').join('')}`);
    for (const form of new Set(group.map((figure) => figure.form))) {
      const row = group.filter((figure) => figure.form === form);
      const cells = columns.map((c) => cell(row.filter(({ set, metric }) => `${set} ${metric}` === c)));
      lines.push(`| \`${form}\` | ${settingOf(row[0], most)} | ${cells.join(' | ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}
