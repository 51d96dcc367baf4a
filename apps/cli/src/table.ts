import Table from 'cli-table3';

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Rows under a head, columns of numbers flush right; ends in a newline. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const numeric = head.map((_, c) =>
    rows.every((row) => typeof row[c] === 'number' || isNumber(String(row[c]))),
  );
  const table = new Table({
    head: [...head],
    chars: BORDERLESS,
    colAligns: numeric.map((n) => (n ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(row.map(String));
  return trimLines(table.toString());
}

/** Names and values in two columns; ends in a newline. */
export function formatPairs(pairs: readonly (readonly [name: string, value: string | number])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}

function isNumber(text: string): boolean {
  return /^-?[\d.,]+(e[+-]?\d+)?%?$/.test(text) || text === '-';
}

function trimLines(text: string): string {
  return text
    .split('\n')
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
