import type { Backend } from '@lutra/core';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import type { Clause } from '../clause.js';
import { mustEqual } from '../compare.js';
import { K, type Subject } from '../subject.js';

/** The reference, if it and this backend can hand indexes of this spec to each other. */
function partner(s: Subject): Backend | undefined {
  const { reference } = s;
  if (!reference?.supports.save || !reference.supports.load) return undefined;
  return reference.refuses(s.spec, { d: s.d, metric: s.metric }) === undefined ? reference : undefined;
}

/** Results of one index in two engines: float sums differ in order, rounded tables a little more. */
const SLACK = 4;

/** What two backends that know the same index promise each other; only where a reference is given. */
export const EXCHANGE: readonly Clause[] = [
  {
    promise: 'an index of the reference, loaded here, answers as it does there',
    needs: ['load'],
    // where training takes seconds, the way from here to there has to do
    concerns: (s) => partner(s) !== undefined && !s.traits.trainsLong,
    check: async (s) => {
      const reference = partner(s)!;
      const theirs = await reference.create(s.spec, { d: s.d, metric: s.metric });
      try {
        await theirs.train(s.base());
        await theirs.add(s.base());
        const ours = await s.load(decodeIndex(encodeIndex(theirs.toData())));
        for (const parameters of [s.untied(), s.wide()]) {
          const wanted = await theirs.search(s.queries(), K, parameters);
          mustEqual('search', await ours.search(s.queries(), K, parameters), wanted, SLACK);
        }
      } finally {
        theirs.dispose();
      }
    },
  },
  {
    promise: 'an index saved here, loaded by the reference, answers as it does here',
    needs: ['save'],
    concerns: (s) => partner(s) !== undefined,
    check: async (s) => {
      const ours = await s.shared();
      const theirs = await partner(s)!.load(decodeIndex(encodeIndex(ours.toData())));
      try {
        for (const parameters of [s.untied(), s.wide()]) {
          const wanted = await theirs.search(s.queries(), K, parameters);
          mustEqual('search', await ours.search(s.queries(), K, parameters), wanted, SLACK);
        }
      } finally {
        theirs.dispose();
      }
    },
  },
];
