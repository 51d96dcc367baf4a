import type { BuildContext, FactorySpec } from '@lutra/core';

/** What LanceDB has to know of a factory string. */
export interface Layout {
  /** Partitions, as LanceDB calls inverted lists. */
  readonly nlist: number;
  /** Sub-vectors of 8 bits each; undefined where vectors are kept whole. */
  readonly M: number | undefined;
  /** `…,RFlat`: candidates are compared again by their whole vectors. */
  readonly refine: boolean;
}

// #region layout
/** `IVFn,Flat`, `IVFn,PQm` and either with `,RFlat`; a string says why it is nothing of these. */
export function layoutOf(spec: FactorySpec, { metric }: Pick<BuildContext, 'metric'>): Layout | string {
  if (metric !== 'l2' && metric !== 'ip') return `LanceDB has no metric ${metric}`;
  const refine = spec.kind === 'RefineFlat';
  const ivf = refine ? spec.base : spec;
  if (ivf.kind !== 'Ivf') return 'only IVFn,Flat and IVFn,PQm map to LanceDB, with or without RFlat';
  if (ivf.coarse.kind !== 'Flat') return 'LanceDB looks for partitions by exact search only';
  const { nlist, codec } = ivf;
  if (codec.kind === 'Flat') return { nlist, M: undefined, refine };
  if (codec.kind !== 'Pq') return `LanceDB has no ${codec.kind} for the inside of a partition`;
  // rows that join an index are coded by their residuals, whatever the index was trained on: recall falls to a third
  if (metric === 'ip') return 'LanceDB 0.22 codes added vectors wrongly for inner products';
  if (codec.nbits !== 8) return `LanceDB codes a sub-vector in 8 bits, not in ${codec.nbits}`;
  return { nlist, M: codec.M, refine };
}
// #endregion
