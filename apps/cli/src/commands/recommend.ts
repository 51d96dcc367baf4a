import { RECOMMENDATION_SOURCES, type Recommendation, recommend, type StartParameters } from '@lutra/factory';
import { type Command, Option } from 'commander';
import { byteCount, decimal, wholeNumber } from '../arguments.js';
import { backendsOf } from '../backends.js';
import { addCommand, backendOption, type CommonOptions, printResult } from '../command.js';
import { formatBytes, formatCount } from '../format.js';
import type { Io } from '../io.js';
import { formatTable } from '../table.js';

interface Options extends CommonOptions {
  readonly n: number;
  readonly d: number;
  readonly metric: 'l2' | 'ip' | 'cosine';
  readonly k: number;
  readonly memory?: number;
  readonly targetRecall?: number;
  readonly targetLatency?: number;
  readonly grows?: boolean;
  readonly exact?: boolean;
  readonly backend: string;
}

const EXAMPLES = `
By rules and published figures, without a look at the vectors: a list to begin with. What an index
really gives is measured by 'lutra eval' and 'lutra tune'.

Columns:
  bytes a vector, total   of the codes, ids, links and centroids
  train rows              wanted at least, and used at most
  start with              search parameters to begin measuring with
  reads a query           memory that a search with them reads, estimated
  served by               the backend that builds and holds it; - if none of --backend does

Examples:
  $ lutra recommend --n 300000 --d 256
  $ lutra recommend --n 20M --d 768 --memory 8GB --target-recall 0.9
  $ lutra recommend --n 5000 --d 64 --exact --json
`;

/** `lutra recommend`. */
export function registerRecommend(program: Command, io: Io): void {
  addCommand(program, 'recommend', 'List factory strings for a set, with memory, work and reasons.')
    .requiredOption('-n, --n <count>', 'vectors, now or soon: 52649, 300k, 20M', vectorCount)
    .requiredOption('-d, --d <n>', 'dimensions', wholeNumber(1, 2 ** 31 - 1))
    .addOption(
      new Option('--metric <metric>', 'how vectors compare').choices(['l2', 'ip', 'cosine']).default('l2'),
    )
    .option('-k, --k <n>', 'results a query', wholeNumber(1), 10)
    .option('--memory <size>', 'what the index may take: 2GB, 500MiB', byteCount)
    .option('--target-recall <r>', 'the recall wanted, 0 to 1', decimal(0, 1))
    .option('--target-latency <ms>', 'milliseconds a query may take', decimal(0, Number.POSITIVE_INFINITY))
    .option('--grows', 'vectors keep coming after the training')
    .option('--exact', 'every answer must be right')
    .addOption(backendOption(io))
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => print(options, io));
}

async function print(options: Options, io: Io): Promise<void> {
  const { n, d, metric, k, grows, exact } = options;
  const list = recommend({
    ...{ n, d, metric, k, grows, exact },
    backends: await backendsOf(options.backend, io),
    memoryBytes: options.memory,
    targetRecall: options.targetRecall,
    targetLatencyMs: options.targetLatency,
  });
  const sources = Object.fromEntries(
    Object.entries(RECOMMENDATION_SOURCES).filter(([key]) =>
      list.some((r) => r.sources.some((s) => s === key)),
    ),
  );
  printResult(io, options, { n, d, metric, k, recommendations: list, sources }, () => text(list, sources));
}

function text(list: readonly Recommendation[], sources: Readonly<Record<string, string>>): string {
  const head = [
    '',
    'factory',
    'bytes a vector',
    'total',
    'train rows',
    'start with',
    'reads a query',
    'served by',
  ];
  const rows = list.map((r, i) => [
    `${i + 1}.`,
    r.factory,
    formatCount(Math.round(r.bytesPerVector)),
    formatBytes(r.totalBytes),
    r.trainRows.most === 0 ? '-' : `${formatCount(r.trainRows.least)} to ${formatCount(r.trainRows.most)}`,
    startOf(r.start),
    formatBytes(r.work.bytes),
    r.backend ?? '-',
  ]);
  const reasons = list.map((r, i) => {
    const misses = r.misses.map((miss) => `   but it ${miss}\n`).join('');
    return `${i + 1}. ${r.reason} [${r.sources.join(', ')}]\n${misses}`;
  });
  const notes = Object.entries(sources).map(([key, where]) => `[${key}] ${where}\n`);
  return `${formatTable(head, rows)}\n${reasons.join('')}\n${notes.join('')}`;
}

function startOf(start: StartParameters): string {
  const words = Object.entries(start).map(([name, value]) => `${name} ${value}`);
  return words.length === 0 ? '-' : words.join(', ');
}

const SUFFIXES: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, b: 1e9 };

/** `52649`, `300k`, `20M`, `1B`. */
function vectorCount(value: string): number {
  const [, digits, suffix] = /^(\d+)([kmb]?)$/i.exec(value) ?? [];
  if (digits === undefined) return wholeNumber(1)(value);
  const scale = suffix ? SUFFIXES[suffix.toLowerCase()]! : 1;
  return wholeNumber(1)(String(Number(digits) * scale));
}
