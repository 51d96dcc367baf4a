import type {
  BinaryBackend,
  BinaryBuildContext,
  BinaryIndex,
  BinaryIndexData,
  BinarySpec,
  IndexData,
  LoadContext,
} from '@lutra/core';
import { binarySpecFromData, checkBinaryFactory } from '@lutra/factory';
import { classNameOf, encodedSize } from '@lutra/faiss-format';
import { orCapacity } from '../allocation-error.js';
import type { Engine } from '../engine.js';
import type { IndexNode } from '../node.js';
import { assertRun, refusesUnnamed } from '../refusal.js';
import type { IndexThreads } from '../threads/index-threads.js';
import { createBinaryNode } from './create-binary-node.js';
import { MOST_HASH_BITS } from './hash-table.js';
import { loadBinaryNode } from './load-binary-node.js';
import { TsBinaryIndex } from './ts-binary-index.js';

const KINDS: readonly BinarySpec['kind'][] = [
  'BinaryFlat',
  'BinaryIvf',
  'BinaryHnsw',
  'BinaryHash',
  'BinaryMultiHash',
  'BinaryIdMap',
  'BinaryIdMap2',
];

/** What a binary index works with. */
export interface BinaryWorkshop {
  engine(): Promise<Engine>;
  threads(engine: Engine, root: IndexNode<Uint8Array>): IndexThreads<Uint8Array>;
}

/** The binary indexes of the engine. */
export function binaryBackend(workshop: BinaryWorkshop): BinaryBackend {
  return {
    kinds: KINDS,
    refuses,
    refusesData,
    async create(spec: BinarySpec, context: BinaryBuildContext): Promise<BinaryIndex> {
      const { d, refusals = [] } = context;
      checkBinaryFactory(spec, d);
      assertRun(refuses(spec));
      const engine = await workshop.engine();
      const root = orCapacity('create', () => createBinaryNode(engine, spec, d));
      return new TsBinaryIndex(root, spec, refusals, workshop.threads(engine, root));
    },
    async load(data: BinaryIndexData, { refusals = [] }: LoadContext = {}): Promise<BinaryIndex> {
      assertRun(refusesData(data));
      // not for the size: it checks every array against the numbers beside it
      encodedSize(data);
      const engine = await workshop.engine();
      const root = orCapacity('load', () => loadBinaryNode(engine, data));
      return new TsBinaryIndex(root, binarySpecFromData(data), refusals, workshop.threads(engine, root));
    },
  };
}

function refuses(spec: BinarySpec): string | undefined {
  if (!KINDS.includes(spec.kind)) return `${spec.kind} is not run`;
  if ('b' in spec) return refusesHash(spec.b);
  if ('coarse' in spec) return refuses(spec.coarse);
  return 'base' in spec ? refuses(spec.base) : undefined;
}

function refusesHash(b: number): string | undefined {
  return b > MOST_HASH_BITS ? `a hash of ${b} bits, more than ${MOST_HASH_BITS}, is not run` : undefined;
}

function refusesData(data: BinaryIndexData): string | undefined {
  return refusesPart(data) ?? refusesUnnamed(() => binarySpecFromData(data));
}

function refusesPart(data: IndexData): string | undefined {
  if (data.metric !== 'l2') return `${data.kind} by metric ${data.metric} is not run`;
  switch (data.kind) {
    case 'BinaryFlat':
    case 'BinaryHnsw':
      return undefined;
    case 'BinaryIvf':
      if (data.invlists.kind === 'missing') return 'an IVF without inverted lists is not run';
      if (data.invlists.kind === 'onDisk') return 'an IVF with its inverted lists on disk is not run';
      return refusesPart(data.quantizer);
    case 'BinaryHash':
    case 'BinaryMultiHash':
      return refusesHash(data.b);
    case 'BinaryIdMap':
    case 'BinaryIdMap2':
      return refusesPart(data.base);
    default:
      return `${data.kind} (${classNameOf(data)}) is not run`;
  }
}
