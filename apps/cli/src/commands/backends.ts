import { type BackendSupports, isLutraError } from '@lutra/core';
import type { Command } from 'commander';
import { type BackendProbe, probeBackends } from 'lutra';
import { packageVersion } from '../backend-module.js';
import { backendNames, backendOf } from '../backends.js';
import { addCommand, type CommonOptions, printResult } from '../command.js';
import type { Io } from '../io.js';
import { formatPairs, formatTable } from '../table.js';

interface Options extends CommonOptions {
  readonly backend: string;
}

/** What `backends --json` prints of each. */
interface Listed {
  /** As `--backend` takes it. */
  readonly name: string;
  readonly runs: boolean;
  /** Why it does not run here. */
  readonly reason?: string;
  /** Of the package, where it says one. */
  readonly packageVersion?: string | undefined;
  /** Of the engine behind it, where it says one. */
  readonly version?: string | undefined;
  /** Kernel level, threads and whatever else the backend tells. */
  readonly details?: Readonly<Record<string, string | number>> | undefined;
  readonly specVersion?: number;
  readonly supports?: BackendSupports;
}

const EXAMPLES = `
Examples:
  $ lutra backends
  $ lutra backends --backend ./my-backend --json
`;

/** `lutra backends`. */
export function registerBackends(program: Command, io: Io): void {
  addCommand(
    program,
    'backends',
    'List the backends: which run here, what they do, and why others do not run.',
  )
    .option('--backend <names>', 'those to look at: ts, faiss, npm packages or paths', 'ts,faiss')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => listBackends(options, io));
}

async function listBackends(options: Options, io: Io): Promise<void> {
  const listed: Listed[] = [];
  for (const name of backendNames(options.backend)) listed.push(await look(name, io));
  printResult(io, options, { backends: listed }, () => text(listed));
}

/** What is known of one backend; that it is not there is an answer, too. */
async function look(name: string, io: Io): Promise<Listed> {
  const known = { name, packageVersion: packageVersion(name, io) };
  try {
    const [status] = await probeBackends([await backendOf(name, io)]);
    const { probe, specVersion, supports } = status!;
    return { ...known, ...ofProbe(probe), specVersion, supports };
  } catch (e) {
    if (!isLutraError(e)) throw e;
    return { ...known, runs: false, reason: e.message.replace(`--backend ${name}: `, '') };
  }
}

function ofProbe(probe: BackendProbe): Pick<Listed, 'runs' | 'reason' | 'version' | 'details'> {
  return probe.ok
    ? { runs: true, version: probe.version, details: probe.details }
    : { runs: false, reason: probe.reason };
}

const ABILITIES = [
  ...(['searchSync', 'rangeSearch', 'reconstruct', 'removeIds'] as const),
  ...(['mergeFrom', 'filter', 'save', 'load'] as const),
];

function text(listed: readonly Listed[]): string {
  const head = ['backend', 'runs', 'package', 'engine', 'details'];
  const rows = listed.map((b) => [
    b.name,
    b.runs ? 'yes' : 'no',
    b.packageVersion ?? '-',
    b.version ?? '-',
    Object.entries(b.details ?? {})
      .map(([name, value]) => `${name} ${value}`)
      .join(', ') || '-',
  ]);
  const more = listed.map((b) => `\n${b.name}\n${indented(formatPairs(facts(b)))}`);
  return formatTable(head, rows) + more.join('');
}

function facts({ runs, reason, supports }: Listed): (readonly [string, string])[] {
  const out: (readonly [string, string])[] = [];
  if (!runs) out.push(['does not run', reason ?? 'no reason given']);
  if (supports === undefined) return out;
  const lacks = ABILITIES.filter((ability) => supports[ability] === false);
  out.push(['builds from', supports.kinds?.join(' ') || 'nothing']);
  out.push(['metrics', supports.metrics?.join(' ') || 'none']);
  out.push(['goes without', lacks.join(' ') || 'nothing']);
  return out;
}

const indented = (lines: string): string => lines.replace(/^(?=.)/gm, '  ');
