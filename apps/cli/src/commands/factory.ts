import { METRICS, type Metric } from '@lutra/core';
import { type ExplainedFactory, type ExplainedNode, explainFactory } from '@lutra/factory';
import { type Command, Option } from 'commander';
import {
  type BinarySupportRow,
  type BuildSupport,
  binarySupportTable,
  type SupportRow,
  supportTable,
} from 'lutra';
import { wholeNumber } from '../arguments.js';
import { backendsOf } from '../backends.js';
import { addCommand, type CommonOptions, printResult } from '../command.js';
import { formatCount } from '../format.js';
import type { Io } from '../io.js';
import { formatPairs, formatTable } from '../table.js';

interface Options extends CommonOptions {
  readonly d?: number;
  readonly metric: Metric;
  readonly list?: boolean;
  readonly backend: string;
}

/** What `factory STRING --json` prints besides the explanation. */
interface Explained extends ExplainedFactory {
  /** For each backend null if it builds the string, else why not. */
  readonly backends: Readonly<Record<string, string | null>>;
}

const EXAMPLES = `
Columns of --list:
  file      read and written byte for byte, whoever runs it; else the class that has no file
  ts, ...   the metrics by which the backend builds, fills and searches the example; - for none
  faiss     the metrics by which faiss 1.15 builds it

Examples:
  $ lutra factory IVF1024,PQ128x4fs,RFlat -d 256
  $ lutra factory OPQ16_64,HNSW32,PQ16 -d 768 --metric ip --json
  $ lutra factory --list
  $ lutra factory --list --backend ts,faiss --json | jq '.tokens[].token'
`;

/** `lutra factory`. */
export function registerFactory(program: Command, io: Io): void {
  addCommand(program, 'factory', 'Explain a factory string, or list every token and who builds it.')
    .argument('[string]', 'a factory string')
    .option('-d, --d <n>', 'dimensions', wholeNumber(1, 2 ** 31 - 1))
    .addOption(new Option('--metric <metric>', 'how vectors compare').choices([...METRICS]).default('l2'))
    .option('--list', 'list the tokens of the grammar')
    .option(
      '--backend <names>',
      'who is asked: ts, faiss, npm packages or paths',
      io.env.LUTRA_BACKEND || 'ts',
    )
    .addHelpText('after', EXAMPLES)
    .action((string: string | undefined, options: Options, command: Command) => {
      if (options.list) {
        if (string !== undefined) command.error('error: --list takes no factory string');
        return list(options, io);
      }
      if (string === undefined) command.error("error: missing argument 'string', or --list");
      if (options.d === undefined) command.error("error: required option '-d, --d <n>' not specified");
      return explain(string as string, options.d as number, options, io);
    });
}

async function list(options: Options, io: Io): Promise<void> {
  const backends = await backendsOf(options.backend, io);
  const tokens = await supportTable({ backends });
  const binary = await binarySupportTable({ backends });
  const names = backends.map((backend) => backend.name);
  printResult(
    io,
    options,
    { tokens, binary },
    () => `${listText(tokens, names)}\n${binaryText(binary, names)}`,
  );
}

/** The strings of binary indexes, all of which are parsed and have files. */
function binaryText(rows: readonly BinarySupportRow[], names: readonly string[]): string {
  const body = rows.map((row) => [
    row.token,
    row.example,
    'yes',
    'yes',
    ...names.map((name) => (row.builds[name] === null ? 'yes' : '-')),
  ]);
  return `vectors of bits\n${formatTable(['token', 'example', 'parsed', 'file', ...names], body)}`;
}

function listText(rows: readonly SupportRow[], names: readonly string[]): string {
  const head = ['token', 'example', 'parsed', 'file', ...names, 'faiss'];
  return [...new Set(rows.map((row) => row.group))]
    .map((group) => {
      const own = rows.filter((row) => row.group === group);
      const body = own.map((row) => [
        row.token,
        row.example,
        row.parses ? 'yes' : 'no',
        row.withoutFile.join(' ') || 'yes',
        ...names.map((name) => metricNames((row.builds[name] as BuildSupport).metrics)),
        metricNames(row.metrics),
      ]);
      return `${group}\n${formatTable(head, body)}`;
    })
    .join('\n');
}

const metricNames = (metrics: readonly Metric[]): string =>
  metrics.length === METRICS.length ? 'all' : metrics.join(' ') || '-';

async function explain(string: string, d: number, options: Options, io: Io): Promise<void> {
  const { metric } = options;
  const explained = explainFactory(string, { d, metric });
  const backends = await backendsOf(options.backend, io);
  const document: Explained = {
    ...explained,
    backends: Object.fromEntries(
      backends.map((b) => [b.name, b.refuses(explained.spec, { d, metric }) ?? null]),
    ),
  };
  printResult(io, options, document, () => text(document));
}

function text(explained: Explained): string {
  const { d, metric, codeSize, idBytes, linkBytes, bytesPerVector } = explained;
  const parts = [
    `codes ${formatCount(codeSize)}`,
    ...(idBytes > 0 ? [`ids ${formatCount(idBytes)}`] : []),
    ...(linkBytes > 0 ? [`links ${formatCount(linkBytes)}`] : []),
  ];
  const head = formatPairs([
    ['factory', explained.text],
    ['vectors', `${formatCount(d)} dimensions, ${metric}`],
    [
      'bytes a vector',
      `${formatCount(bytesPerVector)} (${parts.join(' + ')}; ${formatCount(4 * d)} as float32)`,
    ],
    ['training', trainingText(explained)],
    ...Object.entries(explained.backends).map(
      ([name, no]) => [`built by ${name}`, no === null ? 'yes' : `no: ${no}`] as const,
    ),
  ]);
  return `${head}\n${treeLines(explained.tree).join('\n')}\n\n${tokensText(explained)}`;
}

function trainingText(explained: ExplainedFactory): string {
  const { minTrainRows, recommendedTrainRows, maxTrainRows } = explained;
  if (minTrainRows === 0) return 'none';
  return `${formatCount(minTrainRows)} rows at least, ${formatCount(recommendedTrainRows)} wanted, ${formatCount(maxTrainRows)} used at most`;
}

function treeLines(node: ExplainedNode): string[] {
  const role = node.role === 'index' ? '' : `${node.role}: `;
  const own = node.tokens.map((token) => token.text).join(',');
  const head = `${role}${node.className}${own === '' ? '' : ` (${own})`}`;
  return [
    head,
    ...node.children.flatMap((child, i, all) => indented(treeLines(child), i === all.length - 1)),
  ];
}

const indented = (lines: readonly string[], last: boolean): string[] =>
  lines.map((line, n) => (n === 0 ? (last ? '└─ ' : '├─ ') : last ? '   ' : '│  ') + line);

function tokensText({ tokens }: ExplainedFactory): string {
  const head = ['token', 'dimensions', 'bytes a vector', 'training rows'];
  const rows = tokens.map((t) => [
    t.text,
    t.dOut === t.d ? formatCount(t.d) : `${formatCount(t.d)} → ${formatCount(t.dOut)}`,
    t.holds === 'centroids' ? 'of centroids' : formatCount(t.codeBytes + t.idBytes + t.linkBytes),
    t.trains ? `${formatCount(t.minTrainRows)} to ${formatCount(t.maxTrainRows)}` : '-',
  ]);
  const meanings = tokens.map(
    (t) => `${t.text}: ${t.meaning}${t.note === undefined ? '' : ` (${t.note})`}\n`,
  );
  return `${formatTable(head, rows)}\n${meanings.join('')}`;
}
