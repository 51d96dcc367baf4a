import { BACKEND_SPEC_VERSION, type Backend, isBackend, isMetric } from '@lutra/core';
import { parseFactory, specKinds } from '@lutra/factory';
import { catalogue } from './catalogue.js';
import { fail, must, rejects } from './failure.js';
import type { Sizes } from './options.js';

/** One promise of a backend as a whole. */
export interface BackendClause {
  readonly promise: string;
  readonly check: (backend: Backend, sizes: Sizes) => Promise<void>;
}

const SWITCHES = [
  'searchSync',
  'rangeSearch',
  'reconstruct',
  'removeIds',
  'mergeFrom',
  'filter',
  'save',
  'load',
] as const;

export const BACKEND_CLAUSES: readonly BackendClause[] = [
  {
    promise: 'is a Backend of this version, with a short stable name',
    check: async (backend) => {
      must(isBackend(backend), 'isBackend says no');
      must(backend.specVersion === BACKEND_SPEC_VERSION, `specVersion ${backend.specVersion}`);
      must(
        /^[a-z0-9][a-z0-9-]*$/.test(backend.name),
        `name '${backend.name}': small letters, digits and dashes`,
      );
      for (const method of ['refuses', 'refusesData'] as const) {
        must(typeof backend[method] === 'function', `${method} is no function`);
      }
    },
  },
  {
    promise: 'says in supports what it does: kinds, metrics, a yes or a no for each ability',
    check: async ({ supports }) => {
      must(Array.isArray(supports.kinds) && supports.kinds.length > 0, 'no kinds');
      must(Array.isArray(supports.metrics) && supports.metrics.length > 0, 'no metrics');
      must(supports.metrics.every(isMetric), `metrics ${supports.metrics}`);
      for (const name of SWITCHES) must(typeof supports[name] === 'boolean', `${name} is ${supports[name]}`);
      for (const name of ['predicates', 'seed'] as const) {
        must(['boolean', 'undefined'].includes(typeof supports[name]), `${name} is ${supports[name]}`);
      }
    },
  },
  {
    promise: 'probe answers, more than once, and says it can run here',
    check: async (backend) => {
      for (let i = 0; i < 2; i++) {
        const probe = await backend.probe();
        if (!probe.ok) fail(`probe says: ${probe.reason}`);
        must(probe.ok === true, `probe says ok ${String(probe.ok)}`);
      }
    },
  },
  {
    promise: 'builds at least one string of every kind and metric that it claims',
    check: async (backend, sizes) => {
      const { supports } = backend;
      const specs = catalogue(sizes).map(({ factory }) => parseFactory(factory));
      const built = (metric: (typeof supports.metrics)[number]) =>
        specs.filter((spec) => backend.refuses(spec, { d: sizes.d, metric, metricArg: 2 }) === undefined);
      for (const metric of supports.metrics)
        must(built(metric).length > 0, `${metric}: every string is refused`);
      const kinds = new Set(supports.metrics.flatMap((metric) => built(metric).flatMap(specKinds)));
      const all = new Set(specs.flatMap(specKinds));
      const idle = supports.kinds.filter((kind) => all.has(kind) && !kinds.has(kind));
      must(idle.length === 0, `claimed, and every string with it refused: ${idle.join(', ')}`);
    },
  },
  {
    promise: 'refuses kinds and metrics that it does not claim, with a reason',
    check: async (backend, sizes) => {
      const { supports } = backend;
      for (const { factory } of catalogue(sizes)) {
        const spec = parseFactory(factory);
        const stranger = specKinds(spec).find((kind) => !supports.kinds.includes(kind));
        for (const metric of ['l2', 'ip', 'l1'] as const) {
          if (stranger === undefined && supports.metrics.includes(metric)) continue;
          const why = backend.refuses(spec, { d: sizes.d, metric });
          const what = stranger ?? metric;
          must(
            typeof why === 'string' && why.length > 0,
            `${factory}, ${metric}: ${what} is not claimed, and not refused`,
          );
        }
      }
    },
  },
  {
    promise: 'create refuses a dimension that the spec cannot have as an ARGUMENT error',
    check: async (backend, sizes) => {
      const [metric] = backend.supports.metrics;
      const first = catalogue(sizes)
        .map(({ factory }) => parseFactory(factory))
        .find((spec) => backend.refuses(spec, { d: sizes.d, metric: metric! }) === undefined);
      must(first !== undefined, 'every string is refused');
      for (const d of [0, -1, 1.5, Number.NaN]) {
        await rejects(`d ${d}`, 'ARGUMENT', () => backend.create(first, { d, metric: metric! }));
      }
    },
  },
  {
    promise: 'create of a metric that is none is refused by a LutraError',
    check: async (backend, sizes) => {
      const context = { d: sizes.d, metric: 'cosine' as never };
      await rejects('metric cosine', ['ARGUMENT', 'UNSUPPORTED'], () =>
        backend.create({ kind: 'Flat' }, context),
      );
    },
  },
];

/** A spec that is not claimed: `create` must say `UNSUPPORTED`. */
export function refusedClause(factory: string, metric: BackendMetric, reason: string): BackendClause {
  return {
    promise: `${factory}, ${metric}: refused, so create says UNSUPPORTED`,
    check: async (backend, { d }) => {
      must(reason.length > 0, 'refuses gives an empty reason');
      await rejects('create', 'UNSUPPORTED', () => backend.create(parseFactory(factory), { d, metric }));
    },
  };
}

type BackendMetric = Backend['supports']['metrics'][number];
