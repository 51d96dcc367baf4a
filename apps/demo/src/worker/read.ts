import { type BuildContext, type FactorySpec, isLutraError } from '@lutra/core';
import { describeFactory, parseFactory, recommend } from '@lutra/factory';
import type { Api, Reading } from '../protocol.js';
import { completionsOf } from './completion.js';
import { backendFor } from './engine.js';

/** A factory string, read for a set: what it comes to or what is wrong with it, and how to go on. */
export function read({ factory, metric, n, d }: Parameters<Api['read']>[0]): Reading {
  const backend = backendFor('auto');
  const context: BuildContext = { d, metric: metric === 'cosine' ? 'ip' : metric };
  const refuses = (spec: FactorySpec): string | undefined => backend.refuses(spec, context);
  return {
    ...{ factory, metric, completions: completionsOf(factory) },
    ...meaning(factory, context, refuses),
    recommendations: recommend({ n, d, metric, backends: [backend] }),
  };
}

function meaning(
  factory: string,
  context: BuildContext,
  refuses: (spec: FactorySpec) => string | undefined,
): Pick<Reading, 'checked' | 'fault' | 'refusal'> {
  try {
    const { spec: _, ...checked } = describeFactory(factory, context);
    return { checked, fault: undefined, refusal: refuses(parseFactory(factory)) };
  } catch (e) {
    if (!isLutraError(e)) throw e;
    const index = isLutraError(e, 'SYNTAX') ? e.details.index : undefined;
    return { checked: undefined, fault: { code: e.code, message: e.message, index }, refusal: undefined };
  }
}
