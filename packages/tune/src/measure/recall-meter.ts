import { assertNotAborted, type IdSelector, type SearchParameters, type VectorIndex } from '@lutra/core';
import { keyOf, type Setting } from '../choose/axes.js';
import { queryRecalls } from './query-recalls.js';
import { recallBounds } from './recall-bounds.js';
import type { QuerySample } from './sample.js';

const BLOCK = 256;
/** Confidence at which a measurement stops that can only miss what it is held against. */
const SURE = 0.9999;

/** What calls of one measurement have in common. */
export interface CallOptions {
  readonly threads?: number | undefined;
  readonly sketches?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly filter?: IdSelector | undefined;
}

/** The recall of settings on one sample; what was measured once is kept. */
export class RecallMeter {
  readonly #known = new Map<string, { recalls: Float64Array; done: number }>();

  constructor(
    readonly index: VectorIndex,
    readonly sample: QuerySample,
    readonly calls: CallOptions,
  ) {}

  /**
   * The recall of each of the first `upTo` queries; of fewer once these show that the mean is below `stopBelow`.
   */
  async recalls(setting: Setting, upTo: number, stopBelow = 0): Promise<Float64Array> {
    const { nq, most } = this.sample;
    const key = keyOf(setting);
    const known = this.#known.get(key) ?? { recalls: new Float64Array(most), done: 0 };
    this.#known.set(key, known);
    const end = Math.min(upTo, nq);
    while (known.done < end) {
      const sofar = known.recalls.subarray(0, known.done);
      if (known.done >= BLOCK && recallBounds(sofar, SURE).high < stopBelow) return sofar;
      known.done += await this.#block(setting, known.done, end, known.recalls);
    }
    return known.recalls.subarray(0, end);
  }

  /** How many queries a setting has been asked. */
  asked(setting: Setting): number {
    return this.#known.get(keyOf(setting))?.done ?? 0;
  }

  async #block(setting: Setting, start: number, end: number, out: Float64Array): Promise<number> {
    assertNotAborted(this.calls.signal);
    const { values, searchK, answers, own } = this.sample;
    const { d } = this.index;
    const x = values.subarray(start * d, Math.min(start + BLOCK, end) * d);
    const found = await this.index.search(x, searchK, parametersOf(setting, this.calls));
    queryRecalls(found, answers, start, own, out);
    return found.nq;
  }
}

/** The parameters of a call. */
export function parametersOf(
  setting: Setting,
  { threads, sketches, signal, filter }: CallOptions,
): SearchParameters {
  return {
    ...setting,
    ...(threads !== undefined && { threads }),
    ...(sketches && { sketches }),
    ...(signal && { signal }),
    ...(filter && { filter }),
  };
}
