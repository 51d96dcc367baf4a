import { stat } from 'node:fs/promises';
import {
  assertNotAborted,
  type Backend,
  type IndexData,
  isBinaryIndexData,
  isLutraError,
  type ListsOnDisk,
} from '@lutra/core';
import { binarySpecFromData, formatBinaryFactory, specFromData } from '@lutra/factory';
import { type IndexTree, inspectIndex, type PartBytes } from '@lutra/faiss-format';
import { ListsFile, readIndexFile } from '@lutra/faiss-format/node';
import type { Command } from 'commander';
import { formatFactory, probeBackends } from 'lutra';
import { backendsOf } from '../backends.js';
import { addCommand, backendOption, type CommonOptions, printResult } from '../command.js';
import { formatBytes } from '../format.js';
import { formatIndexTree } from '../index-tree.js';
import type { Io } from '../io.js';
import { assertFile } from '../paths.js';
import { formatPairs, formatTable } from '../table.js';

interface Options extends CommonOptions {
  readonly backend: string;
}

/** What `inspect --json` prints. */
interface Inspection {
  readonly path: string;
  readonly fileBytes: number;
  /** The string that builds such an index; null if none does. */
  readonly factory: string | null;
  /** For each backend null if it serves the index, else why not. */
  readonly backends: Readonly<Record<string, string | null>>;
  readonly tree: IndexTree;
}

const EXAMPLES = `
The imbalance factor of inverted lists is faiss's: 1 when all are equally long, 2 when searches
look at twice as much. Reads every file that faiss writes for the classes listed in the README,
whether or not a backend can search it.

Examples:
  $ lutra inspect vectors.index
  $ lutra inspect vectors.index --json | jq .tree.parameters
`;

/** `lutra inspect`. */
export function registerInspect(program: Command, io: Io): void {
  addCommand(program, 'inspect', 'Show what an index file consists of.')
    .argument('<index>', 'an index file')
    .addOption(backendOption(io))
    .addHelpText('after', EXAMPLES)
    .action((path: string, options: Options) => inspect(path, options, io));
}

async function inspect(path: string, options: Options, io: Io): Promise<void> {
  await assertFile(path, 'an index file');
  const data = await readIndexFile(path, { signal: io.signal });
  assertNotAborted(io.signal);
  const inspection: Inspection = {
    path,
    fileBytes: (await stat(path)).size,
    factory: factoryOf(data),
    backends: await refusalsOf(data, path, options, io),
    tree: inspectIndex(data),
  };
  printResult(io, options, inspection, () => text(inspection));
}

function factoryOf(data: IndexData): string | null {
  try {
    if (isBinaryIndexData(data)) return formatBinaryFactory(binarySpecFromData(data));
    return formatFactory(specFromData(data));
  } catch (e) {
    if (isLutraError(e)) return null;
    throw e;
  }
}

async function refusalsOf(
  data: IndexData,
  path: string,
  options: Options,
  io: Io,
): Promise<Readonly<Record<string, string | null>>> {
  const refusals: Record<string, string | null> = {};
  for (const backend of await backendsOf(options.backend, io)) {
    const [status] = await probeBackends([backend]);
    refusals[backend.name] = status!.probe.ok ? refusalOf(backend, data, path) : status!.probe.reason;
  }
  return refusals;
}

function refusalOf(backend: Backend, data: IndexData, path: string): string | null {
  if (backend.supports.load === false) return 'does not load stored indexes';
  if (isBinaryIndexData(data)) {
    return backend.binary ? (backend.binary.refusesData(data) ?? null) : 'has no binary indexes';
  }
  const listsOnDisk: ListsOnDisk = { cacheBytes: 0, open: (lists) => new ListsFile(lists, path) };
  return backend.refusesData(data, { listsOnDisk }) ?? null;
}

function text(inspection: Inspection): string {
  const { path, fileBytes, factory, backends, tree } = inspection;
  const head = formatPairs([
    ['file', `${path} (${formatBytes(fileBytes)})`],
    ['factory', factory ?? 'no factory string builds this'],
    ...Object.entries(backends).map(
      ([name, no]) => ['backend', no === null ? name : `${name}: ${no}`] as const,
    ),
  ]);
  return `${head}\n${formatIndexTree(tree)}\n${bytesTable(tree.bytes, tree.ntotal)}`;
}

const PARTS = ['vectors', 'codes', 'ids', 'centroids', 'graph', 'transforms', 'overhead'] as const;

function bytesTable(bytes: PartBytes, ntotal: number): string {
  const rows = PARTS.filter((part) => bytes[part] > 0).map((part) => row(part, bytes[part], bytes, ntotal));
  return formatTable(
    ['part', 'bytes', 'share', 'a vector'],
    [...rows, row('total', bytes.total, bytes, ntotal)],
  );
}

function row(name: string, part: number, bytes: PartBytes, ntotal: number): string[] {
  const share = `${((100 * part) / bytes.total).toFixed(1)}%`;
  return [name, part.toLocaleString('en-US'), share, ntotal === 0 ? '-' : (part / ntotal).toFixed(1)];
}
