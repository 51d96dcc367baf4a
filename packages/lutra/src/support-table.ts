import { type Backend, isLutraError, METRICS, type Metric } from '@lutra/core';
import {
  type ExplainedNode,
  explainFactory,
  GRAMMAR_EXAMPLE_D,
  type GrammarToken,
  grammarTokens,
  parseFactory,
} from '@lutra/factory';
import { FILE_CLASSES } from '@lutra/faiss-format';
import { assertBackends, defaultBackends } from './backend-choice.js';

/** What is done with one token of the factory grammar, as its example shows. */
export interface SupportRow extends GrammarToken {
  readonly parses: boolean;
  /** Metrics that faiss builds and searches such an index by. */
  readonly metrics: readonly Metric[];
  /** faiss's classes that the example builds, outermost first. */
  readonly classes: readonly string[];
  /** Those of {@link classes} whose files are neither read nor written; none where every part is. */
  readonly withoutFile: readonly string[];
  /** By name of the backend. */
  readonly builds: Readonly<Record<string, BuildSupport>>;
}

/** Whether a backend builds an index. */
export interface BuildSupport {
  /** Of the metrics of the row, those that it builds. */
  readonly metrics: readonly Metric[];
  /** Why it does not build the others. */
  readonly refusals: Readonly<Partial<Record<Metric, string>>>;
}

export interface SupportTableOptions {
  /** Who is asked; the engine of `@lutra/backend-ts` unless told. Whether they run here does not matter. */
  readonly backends?: readonly Backend[];
}

/** What the metric lp is tried with. */
const EXAMPLE_P = 3;

/** faiss keeps these under the name of another class. */
const STORED_AS: Readonly<Record<string, string>> = {
  IndexRefineFlat: 'IndexRefine',
  OPQMatrix: 'LinearTransform',
};

/**
 * Every token of faiss's factory grammar, and who does what with it: parsed, in files, built by each backend. It is made
 * from the tables of the parser and the codec and from what the backends refuse.
 * @throws LutraError `ARGUMENT` for an empty list of backends or what is no backend
 */
export async function supportTable(options: SupportTableOptions = {}): Promise<SupportRow[]> {
  const backends = options.backends ?? (await defaultBackends());
  assertBackends(backends);
  return grammarTokens().map((token) => rowOf(token, backends));
}

function rowOf(token: GrammarToken, backends: readonly Backend[]): SupportRow {
  const explained = METRICS.flatMap((metric) => {
    const tree = explain(token.example, metric);
    return tree === undefined ? [] : [{ metric, tree }];
  });
  const classes = explained[0] === undefined ? [] : [...new Set(classesOf(explained[0].tree))];
  const metrics = explained.map(({ metric }) => metric);
  return {
    ...token,
    parses: parses(token.example),
    metrics,
    classes,
    withoutFile: classes.filter((name) => !FILE_CLASSES.has(STORED_AS[name] ?? name)),
    builds: Object.fromEntries(backends.map((b) => [b.name, buildsOf(b, token.example, metrics)])),
  };
}

function buildsOf(backend: Backend, example: string, metrics: readonly Metric[]): BuildSupport {
  const spec = parseFactory(example);
  const refusals: Partial<Record<Metric, string>> = {};
  for (const metric of metrics) {
    const context = { d: GRAMMAR_EXAMPLE_D, metric, ...(metric === 'lp' && { metricArg: EXAMPLE_P }) };
    const why = backend.refuses(spec, context);
    if (why !== undefined) refusals[metric] = why;
  }
  return { metrics: metrics.filter((metric) => !(metric in refusals)), refusals };
}

function explain(example: string, metric: Metric): ExplainedNode | undefined {
  try {
    return explainFactory(example, { d: GRAMMAR_EXAMPLE_D, metric }).tree;
  } catch (e) {
    if (isLutraError(e, 'ARGUMENT')) return undefined;
    throw e;
  }
}

function parses(text: string): boolean {
  try {
    parseFactory(text);
    return true;
  } catch (e) {
    if (isLutraError(e, 'SYNTAX')) return false;
    throw e;
  }
}

const classesOf = (node: ExplainedNode): string[] => [node.className, ...node.children.flatMap(classesOf)];
