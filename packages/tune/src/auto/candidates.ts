import { type Backend, isLutraError } from '@lutra/core';
import { checkFactory, parseFactory, recommend } from '@lutra/factory';

/** A family of strings that differ in the number of lists alone. */
export interface Template {
  /** With `{n}` where the number of lists stands: `IVF{n},Flat`. */
  readonly text: string;
  /** Lists as a multiple of √rows. */
  readonly factor: number;
  /** How the time of a query grows with the rows. */
  readonly growth: 'linear' | 'root' | 'log';
}

/** The set and what is wanted, as candidates are chosen by it. */
export interface AutoTarget {
  readonly n: number;
  readonly d: number;
  readonly metric: 'l2' | 'ip';
  readonly targetRecall: number;
  readonly memoryBytes: number;
  /** Seconds that training and adding may take; undefined where nothing was said. */
  readonly buildSeconds: number | undefined;
  /** Whether there are queries that are not among the rows: nothing else measures a graph. */
  readonly hasQueries: boolean;
  readonly backends: readonly Backend[];
}

const ROWS_PER_LIST = 39;
/** Lists of the first trials; the best string is tried with fewer and more as well. */
export const FIRST_FACTOR = 8;
export const OTHER_FACTORS = [4, 16] as const;
const MOST_FIRST = 5;
/** Dimensions from which on a quarter of the directions may hold nearly all there is. */
const FEW_DIRECTIONS = 128;
/** Of the memory: where whole vectors take more, codes are tried that are alone in the index. */
const ROOM = 0.8;
/** What a graph takes to build, at least: even its trial costs more than building most strings of all rows. */
const GRAPH_SECONDS_A_ROW = 5e-4;

/** Lists for `n` rows. */
export function listsFor(n: number, factor: number): number {
  return Math.max(1, Math.min(Math.round(factor * Math.sqrt(n)), Math.floor(n / ROWS_PER_LIST)));
}

/** The string of `template` for an index with so many lists. */
export function factoryOf(template: Template, nlist: number): string {
  return template.text.replace('{n}', String(nlist));
}

/**
 * Strings worth a trial: those whose speed our own measurements speak for, and what `recommend` has besides that a backend
 * takes; graphs only where queries are given and a build time that allows for them, codes without the vectors only where memory is short.
 */
export function firstTemplates(target: AutoTarget): Template[] {
  const { n, d, metric, targetRecall, memoryBytes, buildSeconds, hasQueries, backends } = target;
  const texts = ['IVF{n},Flat', ...refinedCodes(d)];
  const room = Math.min(
    memoryBytes,
    Math.max(...backends.map(({ supports }) => supports.maxBytes ?? Infinity)),
  );
  const listed = recommend({ n, d, metric, targetRecall, memoryBytes, backends })
    .filter((r) => r.backend !== null && r.misses.length === 0 && !/IVF\d+[_(]/.test(r.factory))
    .filter(
      (r) => !r.factory.includes('HNSW') || (hasQueries && (buildSeconds ?? 0) > GRAPH_SECONDS_A_ROW * n),
    )
    .filter((r) => /Flat$|HNSW\d+$/.test(r.factory) || n * 4 * d > ROOM * room)
    .map((r) => r.factory.replace(/IVF\d+/, 'IVF{n}'));
  const all = [...new Set(n > 4 * ROWS_PER_LIST ? [...texts, ...listed] : ['Flat'])].map(templateOf);
  return all.filter((template) => serves(template, target)).slice(0, MOST_FIRST);
}

/**
 * 4-bit codes with the vectors behind them: of the vectors, and of what is left of them after the centre, in their main
 * directions where there may be such.
 */
function refinedCodes(d: number): string[] {
  const whole = (parts: number): boolean => Number.isInteger(parts) && parts >= 1;
  const texts: string[] = [];
  if (whole(d / 2)) texts.push(`IVF{n},PQ${d / 2}x4fs,RFlat`);
  if (whole(d / 8) && d >= FEW_DIRECTIONS) texts.push(`PCAR${d / 4},IVF{n},PQ${d / 8}x4fsr,RFlat`);
  else {
    if (whole(d / 2)) texts.push(`IVF{n},PQ${d / 2}x4fsr,RFlat`);
    if (whole(d / 4)) texts.push(`IVF{n},PQ${d / 4}x4fs,RFlat`);
  }
  return texts;
}

function templateOf(text: string): Template {
  const growth = text.includes('{n}') ? 'root' : text.includes('HNSW') ? 'log' : 'linear';
  return { text, factor: FIRST_FACTOR, growth };
}

/** Whether a backend builds it, there are rows enough to train it, and it fits. */
function serves(template: Template, target: AutoTarget): boolean {
  const { n, d, metric, memoryBytes } = target;
  const nlist = listsFor(n, template.factor);
  const spec = parseFactory(factoryOf(template, nlist));
  const backend = backendFor(spec, target);
  if (backend === undefined) return false;
  try {
    const { bytesPerVector, minTrainRows } = checkFactory(spec, { d, metric });
    const most = Math.min(memoryBytes, backend.supports.maxBytes ?? Infinity);
    return n >= minTrainRows && n * bytesPerVector + nlist * d * 4 <= most;
  } catch (e) {
    if (isLutraError(e, 'ARGUMENT')) return false;
    throw e;
  }
}

/** The first backend that does not refuse. */
export function backendFor(
  spec: Parameters<Backend['refuses']>[0],
  { backends, d, metric }: Pick<AutoTarget, 'backends' | 'd' | 'metric'>,
): Backend | undefined {
  return backends.find((backend) => backend.refuses(spec, { d, metric }) === undefined);
}
