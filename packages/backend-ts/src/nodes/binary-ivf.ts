import type { BinaryIvfData } from '@lutra/core';
import type { Engine } from '../engine.js';
import { assertListCount, assertListsHold, wrongLists } from '../invlists/check-lists.js';
import type { IndexNode } from '../node.js';
import { BinaryListCodec } from './binary-lists.js';
import { BinaryQuantizer } from './binary-quantizer.js';
import { IvfNode } from './ivf.js';

/** IndexBinaryIVF, untrained, over a `quantizer` that is empty. @see faiss/IndexBinaryIVF.cpp */
export function createBinaryIvf(
  engine: Engine,
  quantizer: IndexNode<Uint8Array>,
  nlist: number,
): IvfNode<Uint8Array> {
  assertListCount(nlist);
  const width = quantizer.d / 8;
  const codec = new BinaryListCodec(engine, width, nlist);
  return new IvfNode(engine, new BinaryQuantizer(engine, quantizer), codec, { width });
}

/** IndexBinaryIVF in the state of `data`, over a quantizer in the state of its own. */
export function loadBinaryIvf(
  engine: Engine,
  data: BinaryIvfData,
  quantizer: IndexNode<Uint8Array>,
): IvfNode<Uint8Array> {
  const { nlist, nprobe, ntotal, directMap, invlists, codeSize } = data;
  if (invlists.kind !== 'array') throw wrongLists(data);
  assertListsHold(ntotal, invlists);
  const codec = new BinaryListCodec(engine, codeSize, nlist);
  codec.lists.load(invlists);
  const state = { nprobe, ntotal, directMap, width: codeSize };
  return new IvfNode(engine, new BinaryQuantizer(engine, quantizer), codec, state);
}
