import { METRICS, type Metric } from '@lutra/core';
import type { BinarySupportRow, BuildSupport, SupportRow } from 'lutra';

const HEAD = `# What is supported

Every token of faiss's factory grammar, as its example shows at d 16, and what is done with it. Made from the code: the
tables of the parser and the codec, and what the backends refuse. The tests build, search, write and read every example,
and fail when a row is not so. \`lutra factory --list\` prints the same.

- **file**: read and written byte for byte, whoever runs it.
- **ts**: trained, filled and searched by \`@lutra/backend-ts\`; **faiss**: by native faiss 1.7 through
  \`@lutra/backend-faiss\`. The metrics are those that it is built by; \`-\` where by none.
- **faiss 1.15**: the metrics that faiss 1.15.1 itself builds it by; \`all\` are ip, l2, l1, linf, lp, canberra, braycurtis,
  jensenshannon, jaccard, nanEuclidean and gower.
`;

/** The table as a document; ends in a newline. */
export function supportMarkdown(
  rows: readonly SupportRow[],
  binary: readonly BinarySupportRow[],
  backends: readonly string[],
): string {
  const groups = [...new Set(rows.map((row) => row.group))];
  const sections = groups.map((group) => {
    const body = rows.filter((row) => row.group === group).map((row) => line(row, backends));
    const head = ['token', 'example', 'parsed', 'file', ...backends, 'faiss 1.15'];
    return `\n## ${group[0]!.toUpperCase()}${group.slice(1)}\n\n${[cells(head), cells(head.map(() => '---')), ...body].join('\n')}\n`;
  });
  return `${HEAD}\n${sums(rows, backends)}${sections.join('')}${binarySection(binary, backends)}`;
}

/** The strings of `index_binary_factory`. */
function binarySection(rows: readonly BinarySupportRow[], backends: readonly string[]): string {
  const head = ['string', 'example', 'parsed', 'file', ...backends];
  const body = rows.map(({ token, example, builds }) =>
    cells([
      code(token),
      code(example),
      'yes',
      'yes',
      ...backends.map((name) => (builds[name] === null ? 'yes' : '-')),
    ]),
  );
  const lines = [cells(head), cells(head.map(() => '---')), ...body].join('\n');
  return `\n## Vectors of bits\n\nStrings of \`binaryIndexFactory\`, compared by the bits that differ.\n\n${lines}\n`;
}

function line(row: SupportRow, backends: readonly string[]): string {
  const builds = backends.map((name) => metricNames((row.builds[name] as BuildSupport).metrics));
  const file = row.withoutFile.length === 0 ? 'yes' : `no: ${row.withoutFile.join(', ')}`;
  return cells([
    code(row.token),
    code(row.example),
    row.parses ? 'yes' : 'no',
    file,
    ...builds,
    metricNames(row.metrics),
  ]);
}

function sums(rows: readonly SupportRow[], backends: readonly string[]): string {
  const files = rows.filter((row) => row.withoutFile.length === 0).length;
  const built = backends.map((name) => {
    const count = rows.filter((row) => (row.builds[name] as BuildSupport).metrics.length > 0).length;
    return `${count} built by ${name}`;
  });
  return `Of ${rows.length} forms ${rows.filter((row) => row.parses).length} are parsed, ${files} read and written, ${built.join(', ')}.\n`;
}

const metricNames = (metrics: readonly Metric[]): string =>
  metrics.length === METRICS.length ? 'all' : metrics.join(' ') || '-';
const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;
const cells = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
