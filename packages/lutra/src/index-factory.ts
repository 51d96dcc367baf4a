import {
  type Backend,
  type BuildContext,
  isMetric,
  LutraError,
  METRICS,
  type Metric,
  type VectorIndex,
} from '@lutra/core';
import { checkFactory, type FactoryLike, toSpec } from '@lutra/factory';
import { chooseBackend, defaultBackends } from './backend-choice.js';
import { cosineSpec } from './cosine-spec.js';

/** What an index is built over and by whom. */
export interface IndexFactoryOptions {
  /** Dimension of the vectors. */
  readonly d: number;
  /** `l2` unless told. `cosine` is no metric of its own: see {@link indexFactory}. */
  readonly metric?: Metric | 'cosine';
  /** `p` of the metric `lp`, above 0. */
  readonly metricArg?: number;
  /** Asked in this order; the engine of `@lutra/backend-ts` alone unless told. */
  readonly backends?: readonly Backend[];
}

/**
 * An untrained, empty index from a faiss factory string, its parsed form, or a builder.
 *
 * The first backend that runs here and takes the spec serves it; the others' reasons stand in
 * {@link VectorIndex.refusals}. `metric: 'cosine'` is short for `L2norm,` in front of the string and the metric `ip`:
 * distances are then cosines, descending. A refinement is scaled too, `X,RFlat` becomes `L2norm,X,Refine(L2norm,Flat)`:
 * faiss re-ranks by the vectors as they were given.
 * @throws LutraError `SYNTAX` for a string that does not parse, `ARGUMENT` or `SHAPE` for a spec that `d` or the metric
 *   contradicts, `UNSUPPORTED` or `BACKEND` when no backend takes it, with every backend's reason
 */
export async function indexFactory(factory: FactoryLike, options: IndexFactoryOptions): Promise<VectorIndex> {
  const { d } = options;
  const cosine = options.metric === 'cosine';
  const metric = asMetric(options.metric ?? 'l2');
  const given = toSpec(factory);
  const spec = cosine ? cosineSpec(given) : given;
  const metricArg = metricArgOf(metric, options.metricArg);
  const context: BuildContext = { d, metric, ...(metricArg !== undefined && { metricArg }) };
  const { text } = checkFactory(spec, context);
  const backends = options.backends ?? (await defaultBackends());
  const feature = `"${text}" with d ${d} and metric ${metric}`;
  const choice = await chooseBackend(backends, (b) => b.refuses(spec, context), feature);
  return choice.backend.create(spec, { ...context, refusals: choice.refusals });
}

function metricArgOf(metric: Metric, p: number | undefined): number | undefined {
  if (p === undefined || (metric === 'lp' && Number.isFinite(p) && p > 0)) return p;
  const expected = metric === 'lp' ? 'a number above 0' : 'none, which only metric lp has';
  throw new LutraError('ARGUMENT', `metricArg: expected ${expected}, got ${String(p)}`, {
    argument: 'metricArg',
    value: p,
    expected,
  });
}

function asMetric(metric: Metric | 'cosine'): Metric {
  if (metric === 'cosine') return 'ip';
  if (isMetric(metric)) return metric;
  const expected = [...METRICS, 'cosine'].join(', ');
  throw new LutraError('ARGUMENT', `metric: expected one of ${expected}, got ${String(metric)}`, {
    argument: 'metric',
    value: metric,
    expected,
  });
}
