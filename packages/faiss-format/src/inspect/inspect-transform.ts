import type { TransformData } from '@lutra/core';
import { KNOWN_FOURCCS } from '../known-fourccs.js';
import { transformFourcc } from '../transforms/transform.js';

/** A vector transform of a file in words and numbers. */
export interface TransformTree {
  /** faiss's class name. An OPQMatrix is stored as the LinearTransform that it is. */
  readonly className: string;
  readonly fourcc: string;
  readonly dIn: number;
  readonly dOut: number;
  readonly isTrained: boolean;
  readonly parameters: Readonly<Record<string, number | boolean>>;
  /** Bytes of its arrays. */
  readonly bytes: number;
}

/** Describes a transform. */
export function inspectTransform(data: TransformData): TransformTree {
  const fourcc = transformFourcc(data);
  const { dIn, dOut, isTrained } = data;
  return {
    className: KNOWN_FOURCCS.get(fourcc)?.className ?? data.kind,
    fourcc,
    dIn,
    dOut,
    isTrained,
    parameters: parametersOf(data),
    bytes: arrayBytes(data),
  };
}

function parametersOf(data: TransformData): Readonly<Record<string, number | boolean>> {
  switch (data.kind) {
    case 'Pca':
      return {
        eigenPower: data.eigenPower,
        epsilon: data.epsilon,
        randomRotation: data.randomRotation,
        balancedBins: data.balancedBins,
      };
    case 'Itq':
      return { doPca: data.doPca };
    case 'ItqMatrix':
      return { maxIter: data.maxIter, seed: data.seed };
    case 'Normalization':
      return { norm: data.norm };
    case 'HadamardRotation':
      return { seed: data.seed };
    case 'Linear':
    case 'RandomRotation':
      return { haveBias: data.haveBias };
    default:
      return {};
  }
}

function arrayBytes(data: object): number {
  let bytes = 0;
  for (const member of Object.values(data)) {
    if (ArrayBuffer.isView(member)) bytes += member.byteLength;
    else if (typeof member === 'object' && member !== null) bytes += arrayBytes(member);
  }
  return bytes;
}
