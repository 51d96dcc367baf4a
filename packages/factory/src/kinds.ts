import type { CodecSpec, FactorySpec } from '@lutra/core';

/**
 * Every kind that occurs in `spec` at any depth, once each, outermost first: kinds of indexes (`Ivf`, `PqFastScan`), of
 * codecs (`Flat`, `FlatDedup`), of transforms (`Pca`, `L2Norm`), of graph storages, and of coarse quantizers with a prefix
 * (`Coarse:Hnsw`; an exact coarse quantizer has none, one in parentheses is `Coarse:Index` and its own kinds). For a
 * backend's manifest.
 */
export function specKinds(spec: FactorySpec): string[] {
  const kinds = new Set<string>();
  const open: (FactorySpec | CodecSpec)[] = [spec];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    kinds.add(node.kind);
    open.push(...children(node, kinds).reverse());
  }
  return [...kinds];
}

/** The specs right below `node`; kinds that stand for no spec go into `kinds`. */
function children(node: FactorySpec | CodecSpec, kinds: Set<string>): (FactorySpec | CodecSpec)[] {
  switch (node.kind) {
    case 'IdMap':
    case 'IdMap2':
    case 'RefineFlat':
    case 'RowwiseMinMax':
    case 'RowwiseMinMaxFp16':
      return [node.base];
    case 'Refine':
    case 'RefinePanorama':
      return [node.base, node.refine];
    case 'PreTransform':
      for (const t of node.transforms) kinds.add(t.kind);
      return [node.base];
    case 'Ivf':
      if (node.coarse.kind !== 'Flat') kinds.add(`Coarse:${node.coarse.kind}`);
      return node.coarse.kind === 'Index' ? [node.coarse.index, node.codec] : [node.codec];
    case 'Hnsw':
    case 'Nsg':
      kinds.add(node.storage.kind);
      return [];
    default:
      return [];
  }
}
