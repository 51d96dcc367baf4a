import type { BinaryIndex, SearchParameters, VectorIndex } from '@lutra/core';
import type { Command } from 'commander';
import { wholeNumber } from '../arguments.js';
import { type BitMatrix, isBinaryIndexFile, openBinaryIndex, readBitQueries } from '../binary-search.js';
import {
  addCommand,
  backendOption,
  type CommonOptions,
  printResult,
  progressView,
  threadsOption,
} from '../command.js';
import { formatCount, formatDistance, formatSeconds } from '../format.js';
import { openIndex } from '../indexes.js';
import type { Io } from '../io.js';
import { assertWritable } from '../paths.js';
import { writeResults } from '../results-file.js';
import { addSearchOptions, assertWithin, type SearchOptions, searchParameters } from '../search-options.js';
import { formatTable } from '../table.js';
import { type Matrix, readQueries } from '../vectors.js';

interface Options extends CommonOptions, SearchOptions {
  readonly k: number;
  readonly labels?: string;
  readonly distances?: string;
  readonly show: number;
  readonly nflip?: number;
  readonly threads?: number;
  readonly backend: string;
}

/** `(nq, k)`, row-major. */
interface Found {
  readonly labels: Float64Array;
  readonly distances: Float32Array | Int32Array;
  readonly seconds: number;
}

const QUERIES_A_CALL = 256;

const EXAMPLES = `
Labels are written as int64, distances as float32, both of shape (nq, k); a missing result is
label -1. L2 distances are squared. Of a binary index the queries are uint8, shape (nq, d / 8),
and distances are bits that differ, written as int32. -k may not exceed the vectors, nor --nprobe
the lists. Without --labels and --distances the results of the first queries are printed.

Examples:
  $ lutra search vectors.index queries.npy -k 10 --nprobe 16
  $ lutra search vectors.index queries.npy -k 100 --labels labels.npy --distances distances.npy
  $ lutra search vectors.index queries.npy -k 5 --json | jq '.labels[0]'
`;

/** `lutra search`. */
export function registerSearch(program: Command, io: Io): void {
  const command = addCommand(program, 'search', 'Find the nearest stored vectors of each query.')
    .argument('<index>', 'an index file')
    .argument('<queries>', 'an .npy file of queries, shape (nq, d) or (d)')
    .option('-k, --k <n>', 'results a query', wholeNumber(1), 10);
  addSearchOptions(command)
    .option('--nflip <n>', 'bits a hash may differ in, of a binary index', wholeNumber(0))
    .option('--labels <file>', 'write the labels to this .npy file')
    .option('--distances <file>', 'write the distances to this .npy file')
    .option('--show <n>', 'print the results of this many queries', wholeNumber(0), 5)
    .addOption(threadsOption())
    .addOption(backendOption(io))
    .addHelpText('after', EXAMPLES)
    .action((path: string, queries: string, options: Options) => search(path, queries, options, io));
}

async function search(path: string, queriesPath: string, options: Options, io: Io): Promise<void> {
  await assertWritable(options.labels, options.distances);
  const opened = (await isBinaryIndexFile(path))
    ? await openBits(path, queriesPath, options, io)
    : await openFloats(path, queriesPath, options, io);
  const { index, queries } = opened;
  const view = progressView(io, options);
  try {
    const found = await searchAll(opened, options, view.onProgress);
    const shape = [queries.n, options.k] as const;
    await writeResults(
      [
        { path: options.labels, values: found.labels, dtype: '<i8', shape },
        { path: options.distances, values: found.distances, dtype: opened.dtype, shape },
      ],
      io.signal,
    );
    view.stop();
    const written = options.labels !== undefined || options.distances !== undefined;
    printResult(io, options, document(found, queries.n, options, opened), () =>
      written ? summary(found, queries.n, options) : table(found, queries.n, options),
    );
  } finally {
    view.stop();
    index.dispose();
  }
}

/** An index, its queries, and how it is searched for some of them. */
interface Opened {
  readonly index: VectorIndex | BinaryIndex;
  readonly queries: Matrix | BitMatrix;
  readonly metric: string;
  readonly dtype: '<f4' | '<i4';
  search(from: number, to: number): Promise<Pick<Found, 'labels' | 'distances'>>;
}

async function openFloats(path: string, queriesPath: string, options: Options, io: Io): Promise<Opened> {
  const index = await openIndex(path, options.backend, io);
  return orDispose(index, async () => {
    assertWithin(index, path, options.k, [options.nprobe]);
    const queries = await readQueries(queriesPath, index, path);
    const search = searchOf(index, queries, options, io);
    return { index, queries, metric: index.metric, dtype: '<f4', search };
  });
}

async function openBits(path: string, queriesPath: string, options: Options, io: Io): Promise<Opened> {
  const index = await openBinaryIndex(path, options.backend, io);
  return orDispose(index, async () => {
    assertWithin(index, path, options.k, [options.nprobe]);
    const queries = await readBitQueries(queriesPath, index, path);
    const search = searchOf(index, queries, options, io);
    return { index, queries, metric: 'hamming', dtype: '<i4', search };
  });
}

function searchOf<V extends Float32Array | Uint8Array>(
  index: { search(x: V, k: number, parameters: SearchParameters): ReturnType<Opened['search']> },
  { values, d }: { readonly values: V; readonly d: number },
  options: Options,
  io: Io,
): Opened['search'] {
  const parameters = parametersOf(options, io);
  return (from, to) => index.search(values.subarray(from * d, to * d) as V, options.k, parameters);
}

async function orDispose<T>(index: { dispose(): void }, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (e) {
    index.dispose();
    throw e;
  }
}

function parametersOf(options: Options, io: Io): SearchParameters {
  const { threads, nflip } = options;
  return {
    ...searchParameters(options),
    ...(nflip !== undefined && { nflip }),
    ...(threads !== undefined && { threads }),
    signal: io.signal,
  };
}

async function searchAll(
  { queries, dtype, search }: Opened,
  options: Options,
  onProgress: (p: { stage: string; done: number; total: number }) => void,
): Promise<Found> {
  const { k } = options;
  const { n } = queries;
  const labels = new Float64Array(n * k);
  const distances = dtype === '<f4' ? new Float32Array(n * k) : new Int32Array(n * k);
  const begin = performance.now();
  for (let i = 0; i < n; i += QUERIES_A_CALL) {
    const end = Math.min(n, i + QUERIES_A_CALL);
    const result = await search(i, end);
    labels.set(result.labels, i * k);
    distances.set(result.distances, i * k);
    onProgress({ stage: 'search', done: end, total: n });
  }
  return { labels, distances, seconds: (performance.now() - begin) / 1000 };
}

function document(found: Found, nq: number, options: Options, { index, metric }: Opened): unknown {
  const { labels, distances, k } = options;
  const head = {
    nq,
    k,
    metric,
    backend: index.backend,
    refusals: index.refusals,
    seconds: found.seconds,
    parameters: { ...index.parameters, ...searchParameters(options) },
  };
  if (labels !== undefined || distances !== undefined) return { ...head, written: { labels, distances } };
  return { ...head, labels: rowsOf(found.labels, nq, k), distances: rowsOf(found.distances, nq, k) };
}

function rowsOf(values: Float64Array | Found['distances'], n: number, k: number): number[][] {
  return Array.from({ length: n }, (_, i) => Array.from(values.subarray(i * k, (i + 1) * k)));
}

function table(found: Found, nq: number, options: Options): string {
  const shown = Math.min(nq, options.show);
  const rows: (string | number)[][] = [];
  for (let i = 0; i < shown; i++) {
    for (let r = 0; r < options.k; r++) {
      const label = found.labels[i * options.k + r]!;
      const distance = found.distances[i * options.k + r]!;
      rows.push([r === 0 ? i : '', r + 1, label, label < 0 ? '-' : formatDistance(distance)]);
    }
  }
  const rest =
    nq > shown ? `… ${formatCount(nq - shown)} more queries, see --show, --labels and --json\n` : '';
  return formatTable(['query', 'rank', 'label', 'distance'], rows) + rest;
}

function summary(found: Found, nq: number, options: Options): string {
  const where = [options.labels, options.distances].filter((p) => p !== undefined).join(' and ');
  const rate = formatCount(Math.round(nq / Math.max(found.seconds, 1e-9)));
  return `${formatCount(nq)} queries, k ${options.k}, ${formatSeconds(found.seconds)} (${rate} a second), written to ${where}\n`;
}
