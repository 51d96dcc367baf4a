import type { IndexHeader, LshData, LshSpec } from '@lutra/core';
import type { Engine } from '../engine.js';
import { assertSame, assertSameTraining } from '../invariants.js';
import { LshCodec } from '../quantizers/lsh.js';
import { CodesNode } from './codes.js';

function lshNode(engine: Engine, codec: LshCodec, data?: LshData): CodesNode<LshData> {
  const own = {
    kind: 'Lsh' as const,
    codec,
    assertMergeable: (other: LshData) => {
      const mine = codec.toData();
      assertSame('nbits', mine.nbits, other.nbits);
      assertSame('rotate_data', mine.rotateData, other.rotateData);
      assertSameTraining('the thresholds', mine.thresholds, other.thresholds);
      const [a, b] = [mine.rotation, other.rotation];
      if ('A' in a && 'A' in b) assertSameTraining('the rotations', a.A, b.A);
    },
    toData: (header: IndexHeader, codes: Uint8Array) => ({
      kind: 'Lsh' as const,
      ...header,
      ...codec.toData(),
      codes,
    }),
  };
  return new CodesNode(engine, own, data);
}

/** IndexLSH, empty. @see faiss/IndexLSH.cpp */
export function createLsh(engine: Engine, spec: LshSpec, d: number): CodesNode<LshData> {
  return lshNode(engine, new LshCodec(engine, d, { ...spec, nbits: spec.nbits ?? d }));
}

/** IndexLSH in the state of `data`. */
export function loadLsh(engine: Engine, data: LshData): CodesNode<LshData> {
  const { nbits, rotateData: rotate, trainThresholds } = data;
  return lshNode(engine, new LshCodec(engine, data.d, { nbits, rotate, trainThresholds }, data), data);
}
