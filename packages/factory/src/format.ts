import type { FactorySpec, IvfSpec } from '@lutra/core';
import { LutraError } from '@lutra/core';
import { int, refuse } from './format-fields.js';
import { coarseText, codecText, leafText, nlistText, transformText } from './format-token.js';
import { parseSource } from './parse.js';
import { sameSpec } from './same-spec.js';
import { MAX_DEPTH } from './syntax-fault.js';

/**
 * The canonical factory string of `spec`: numbers that faiss fills in are left out (but HNSW's and NSG's), `IDMap` is a
 * suffix wherever that reads back the same. `parseFactory` gives an equal spec back.
 * @throws LutraError `ARGUMENT` if a field is out of range, or if faiss has no string for this nesting, such as a refine
 *   inside a transform
 */
export function formatFactory(spec: FactorySpec): string {
  const text = guarded(() => indexText(spec, true, 0));
  const read = readBack(text);
  if (read === undefined || !sameSpec(read, spec)) {
    const means = read === undefined ? 'does not parse' : 'means another index';
    throw new LutraError('ARGUMENT', `factory: faiss has no string for this spec: "${text}" ${means}`, {
      argument: 'spec',
      value: spec,
      expected: 'an index that a factory string can describe',
    });
  }
  return text;
}

/** A spec from plain JavaScript may miss whole objects; that is the caller's mistake and no TypeError of ours. */
function guarded(write: () => string): string {
  try {
    return write();
  } catch (e) {
    if (!(e instanceof TypeError)) throw e;
    throw new LutraError(
      'ARGUMENT',
      `factory: spec is incomplete: ${e.message}`,
      { argument: 'spec' },
      { cause: e },
    );
  }
}

function readBack(text: string): FactorySpec | undefined {
  try {
    return parseSource(text);
  } catch {
    return undefined;
  }
}

/** `suffix` is whether a suffix written here would still belong to this index. */
function indexText(spec: FactorySpec, suffix: boolean, depth: number): string {
  if (depth > MAX_DEPTH) refuse('spec', spec, `nested at most ${MAX_DEPTH} levels deep`);
  const inner = (s: FactorySpec, inSuffix: boolean): string => indexText(s, inSuffix, depth + 1);
  switch (spec.kind) {
    case 'IdMap':
    case 'IdMap2': {
      const token = spec.kind === 'IdMap' ? 'IDMap' : 'IDMap2';
      return suffix ? `${inner(spec.base, true)},${token}` : `${token},${inner(spec.base, false)}`;
    }
    case 'RefineFlat':
      return `${inner(spec.base, true)},RFlat`;
    case 'Refine':
    case 'RefinePanorama':
      return `${inner(spec.base, true)},${spec.kind}(${inner(spec.refine, true)})`;
    case 'RowwiseMinMax':
      return `MinMax,${inner(spec.base, false)}`;
    case 'RowwiseMinMaxFp16':
      return `MinMaxFP16,${inner(spec.base, false)}`;
    case 'PreTransform':
      return `${spec.transforms.map(transformText).join(',')},${inner(spec.base, false)}`;
    case 'Ivf':
      return ivfText(spec, (s) => inner(s, true));
    default:
      return leafText(spec) ?? refuse('kind', (spec as { kind?: unknown })?.kind, 'an index');
  }
}

function ivfText(spec: IvfSpec, inner: (s: FactorySpec) => string): string {
  const codec = codecText(spec.codec);
  if (spec.coarse.kind === 'MultiIndex') return `IMI2x${int(spec.coarse.nbits, 'nbits')},${codec}`;
  return `IVF${nlistText(spec.nlist)}${spec.coarse.kind === 'Index' ? `(${inner(spec.coarse.index)})` : coarseText(spec.coarse)},${codec}`;
}
