import type { FactorySpec, IvfSpec } from '@lutra/core';
import { type CheckedFactory, checkFactory, type FactoryTarget } from '../check.js';
import type { FactoryToken } from '../facts.js';
import { type FactoryLike, toSpec } from '../to-spec.js';
import { classOf, flatClass, transformClass } from './class-names.js';

/** A factory string as the tree of faiss classes that it builds, and what it costs. */
export interface ExplainedFactory extends CheckedFactory {
  readonly tree: ExplainedNode;
}

/** One class that a factory string builds. */
export interface ExplainedNode {
  /** What it is to the class around it; `index` at the root. */
  readonly role: 'index' | 'base' | 'refine' | 'quantizer' | 'transform';
  /** faiss's class: `IndexIVFPQFastScan`. */
  readonly className: string;
  /** The tokens that say it, of {@link CheckedFactory.tokens}; two for an IVF, none for its exact coarse quantizer. */
  readonly tokens: readonly FactoryToken[];
  readonly children: readonly ExplainedNode[];
}

/**
 * What a factory string builds, token by token and class by class: meaning, dimensions, bytes a vector, training rows.
 * @throws LutraError `SYNTAX` for a string that does not parse, `ARGUMENT` as {@link checkFactory}
 */
export function explainFactory(factory: FactoryLike, target: FactoryTarget): ExplainedFactory {
  const checked = checkFactory(toSpec(factory), target);
  const tokens = checked.tokens[Symbol.iterator]();
  const next = (): FactoryToken => tokens.next().value as FactoryToken;
  return { ...checked, tree: nodeOf(checked.spec, 'index', { ...checked, next }) };
}

type Role = ExplainedNode['role'];
/** Tokens in the order of the string, in which the check lists them. */
type Tokens = Pick<CheckedFactory, 'metric'> & { readonly next: () => FactoryToken };

function nodeOf(spec: FactorySpec, role: Role, tokens: Tokens): ExplainedNode {
  const node = (own: readonly FactoryToken[], children: readonly ExplainedNode[] = []): ExplainedNode => ({
    role,
    className: classOf(spec, tokens.metric),
    tokens: own,
    children,
  });
  switch (spec.kind) {
    case 'IdMap':
    case 'IdMap2': {
      const base = nodeOf(spec.base, 'base', tokens);
      return node([tokens.next()], [base]);
    }
    case 'RefineFlat': {
      const base = nodeOf(spec.base, 'base', tokens);
      const flat = { role: 'refine', className: flatClass(tokens.metric), tokens: [], children: [] } as const;
      return node([tokens.next()], [base, flat]);
    }
    case 'Refine':
    case 'RefinePanorama': {
      const base = nodeOf(spec.base, 'base', tokens);
      const own = tokens.next();
      return node([own], [base, nodeOf(spec.refine, 'refine', tokens)]);
    }
    case 'RowwiseMinMax':
    case 'RowwiseMinMaxFp16': {
      const own = tokens.next();
      return node([own], [nodeOf(spec.base, 'base', tokens)]);
    }
    case 'PreTransform': {
      const chain = spec.transforms.map((t): ExplainedNode => {
        return { role: 'transform', className: transformClass(t), tokens: [tokens.next()], children: [] };
      });
      return node([], [...chain, nodeOf(spec.base, 'base', tokens)]);
    }
    case 'Ivf': {
      const own = tokens.next();
      const quantizer = quantizerOf(spec, tokens);
      return node([own, tokens.next()], [quantizer]);
    }
    default:
      return node([tokens.next()]);
  }
}

function quantizerOf({ coarse }: IvfSpec, tokens: Tokens): ExplainedNode {
  if (coarse.kind === 'Index') return nodeOf(coarse.index, 'quantizer', tokens);
  const names = { Flat: flatClass(tokens.metric), Hnsw: 'IndexHNSWFlat', Nsg: 'IndexNSGFlat' } as const;
  const className = coarse.kind === 'MultiIndex' ? 'MultiIndexQuantizer' : names[coarse.kind];
  return { role: 'quantizer', className, tokens: [], children: [] };
}
