import type { FactorySpec, Metric, PreTransformSpec } from '@lutra/core';
import { isMetric, LutraError } from '@lutra/core';
import { leafFacts } from './check-index.js';
import { checkIvf } from './check-ivf.js';
import { transformFacts } from './check-transform.js';
import { leafMeaning, transformMeaning, WRAPPER_MEANINGS } from './explain/meaning.js';
import type { FactoryToken, Place } from './facts.js';
import { onlyMetrics, refuseAt, tell } from './facts.js';
import { formatFactory } from './format.js';
import { leafText, transformText } from './format-token.js';
import { INT32_MAX } from './syntax-fault.js';

/** What a spec is to be built for. */
export interface FactoryTarget {
  /** Dimension of the vectors. */
  readonly d: number;
  /** `l2` if left out, as in faiss. */
  readonly metric?: Metric;
}

/** A spec that can be built for `d` and `metric`, and what it costs. */
export interface CheckedFactory {
  readonly spec: FactorySpec;
  /** The canonical string. */
  readonly text: string;
  readonly d: number;
  readonly metric: Metric;
  /** Dimension that each token sees, and more, in the order of the string. */
  readonly tokens: readonly FactoryToken[];
  /** Bytes of one vector in codes, of the base and of what refines it. */
  readonly codeSize: number;
  /** Bytes of one vector's ids: 8 for an IVF, 8 for an IDMap. */
  readonly idBytes: number;
  /** Bytes of one vector's graph links, on average. */
  readonly linkBytes: number;
  /** `codeSize + idBytes + linkBytes`: memory a vector, without centroids and tables. */
  readonly bytesPerVector: number;
  /** Fewer training rows than this and training fails; 0 if nothing trains. */
  readonly minTrainRows: number;
  /** Fewer than this and faiss warns: 39 a centroid. */
  readonly recommendedTrainRows: number;
  /** More rows than this change nothing but a sample; a cap for whoever reads them. 0 if nothing trains. */
  readonly maxTrainRows: number;
}

/**
 * What `spec` comes to for vectors of dimension `d`.
 *
 * Refuses what faiss 1.15 refuses at construction, and what faiss would build but could not train or would search wrongly:
 * a dimension, width or count of 0, HNSW with M 1, a PCA to more dimensions than it gets, an OPQ whose parts do not divide,
 * a coarse quantizer that cannot train on its centroids, and metrics other than `l2` and `ip` but over stored vectors.
 * @throws LutraError `ARGUMENT`, naming token, d, metric and numbers
 */
export function checkFactory(spec: FactorySpec, target: FactoryTarget): CheckedFactory {
  const { d, metric } = validTarget(target);
  const text = formatFactory(spec);
  const tokens: FactoryToken[] = [];
  inspect(spec, { d, metric, depth: 0, holds: 'vectors', tokens });
  const vectors = tokens.filter((t) => t.holds === 'vectors');
  const sum = (key: 'codeBytes' | 'idBytes' | 'linkBytes'): number => vectors.reduce((n, t) => n + t[key], 0);
  const most = (key: 'minTrainRows' | 'recommendedTrainRows' | 'maxTrainRows'): number =>
    vectors.reduce((n, t) => Math.max(n, t[key]), 0);
  const [codeSize, idBytes, linkBytes] = [sum('codeBytes'), sum('idBytes'), sum('linkBytes')];
  return {
    spec,
    text,
    d,
    metric,
    tokens,
    codeSize,
    idBytes,
    linkBytes,
    bytesPerVector: codeSize + idBytes + linkBytes,
    minTrainRows: most('minTrainRows'),
    recommendedTrainRows: most('recommendedTrainRows'),
    maxTrainRows: most('maxTrainRows'),
  };
}

function validTarget(target: FactoryTarget): Required<FactoryTarget> {
  const d: unknown = target?.d;
  if (typeof d !== 'number' || !Number.isInteger(d) || d < 1 || d > INT32_MAX) {
    const expected = `an integer in [1, ${INT32_MAX}]`;
    throw new LutraError('ARGUMENT', `factory: d must be ${expected}, got ${String(d)}`, {
      argument: 'd',
      value: d,
      expected,
    });
  }
  const metric: unknown = target.metric ?? 'l2';
  if (!isMetric(metric)) {
    throw new LutraError('ARGUMENT', `factory: unknown metric ${String(metric)}`, {
      argument: 'metric',
      value: metric,
      expected: 'a metric',
    });
  }
  return { d, metric };
}

/** Codes of a row in min-max form begin with its smallest value and its range. */
const MIN_MAX_BYTES = { RowwiseMinMax: 8, RowwiseMinMaxFp16: 4 } as const;
const ID_BYTES = 8;

/** Adds the tokens of `spec` in the order of its string. */
function inspect(spec: FactorySpec, place: Place): void {
  switch (spec.kind) {
    case 'IdMap':
    case 'IdMap2':
      inspect(spec.base, place);
      tell(
        place,
        spec.kind === 'IdMap' ? 'IDMap' : 'IDMap2',
        { kind: spec.kind, idBytes: ID_BYTES },
        WRAPPER_MEANINGS[spec.kind],
      );
      return;
    case 'RefineFlat':
      inspect(spec.base, place);
      onlyMetrics(place, 'RFlat', ['l2', 'ip'], 'faiss re-ranks in l2 and ip only');
      tell(
        place,
        'RFlat',
        { kind: spec.kind, codeBytes: FLOAT_BYTES * place.d, note: addsNoIds(spec.base) },
        WRAPPER_MEANINGS.RefineFlat,
      );
      return;
    case 'Refine':
    case 'RefinePanorama':
      inspectRefine(spec, place);
      return;
    case 'RowwiseMinMax':
    case 'RowwiseMinMaxFp16': {
      const text = spec.kind === 'RowwiseMinMax' ? 'MinMax' : 'MinMaxFP16';
      const note = 'a codec: faiss does not search it';
      tell(
        place,
        text,
        { kind: spec.kind, codeBytes: MIN_MAX_BYTES[spec.kind], note },
        WRAPPER_MEANINGS[spec.kind],
      );
      inspect(spec.base, place);
      return;
    }
    case 'PreTransform':
      inspectChain(spec, place);
      return;
    case 'Ivf':
      checkIvf(place, spec, inspect);
      return;
    default: {
      const text = leafText(spec) ?? spec.kind;
      const facts = leafFacts(place, text, spec) ?? refuseAt(place, text, 'not an index', 'an index');
      tell(place, text, facts, leafMeaning(spec, place.d));
    }
  }
}

const FLOAT_BYTES = 4;

/** faiss gives an IDMap inside a refine no ids, and then cannot add. */
function addsNoIds(base: FactorySpec): string | undefined {
  return base.kind === 'IdMap' || base.kind === 'IdMap2'
    ? 'faiss cannot add to an IDMap inside a refine; put IDMap last'
    : undefined;
}

function inspectChain(spec: PreTransformSpec, place: Place): void {
  let here = place;
  for (const t of spec.transforms) {
    const text = transformText(t);
    const facts = transformFacts(here, text, t);
    tell(here, text, facts, transformMeaning(t, here.d));
    here = { ...here, d: facts.dOut };
  }
  inspect(spec.base, here);
}

function inspectRefine(
  spec: Extract<FactorySpec, { kind: 'Refine' | 'RefinePanorama' }>,
  place: Place,
): void {
  inspect(spec.base, place);
  onlyMetrics(place, spec.kind, ['l2', 'ip'], 'faiss re-ranks in l2 and ip only');
  const { refine } = spec;
  if (spec.kind === 'RefinePanorama' && !(refine.kind === 'FlatPanorama' && refine.batch === 1)) {
    refuseAt(
      place,
      spec.kind,
      'faiss can only refine by a FlatL2Panorama or FlatIPPanorama of batch 1, as FlatL2Panorama8_1',
      'FlatL2Panorama<levels>_1 or FlatIPPanorama<levels>_1',
    );
  }
  tell(place, spec.kind, { kind: spec.kind, note: addsNoIds(spec.base) }, WRAPPER_MEANINGS[spec.kind]);
  inspect(refine, { ...place, depth: place.depth + 1 });
}
