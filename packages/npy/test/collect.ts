import type { RowRange, RowSource } from '@lutra/core';

/** Every block of a range, copied one after the other. */
export async function collect(source: RowSource, range?: RowRange): Promise<number[]> {
  const out: number[] = [];
  for await (const block of source.blocks(range)) out.push(...block);
  return out;
}

/** Lengths of the blocks in rows. */
export async function blockRows(source: RowSource, range?: RowRange): Promise<number[]> {
  const out: number[] = [];
  for await (const block of source.blocks(range)) out.push(block.length / source.shape[1]);
  return out;
}
