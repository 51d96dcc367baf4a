import { BASIC_HEADS } from '../parse-basic.js';
import { CODEC_HEADS } from '../parse-ivf.js';
import { NORMS, SQ_TYPES } from '../parse-quantizer.js';
import { TRANSFORM_HEADS } from '../parse-transform.js';
import { SUFFIX_NAMES } from '../scanner.js';
import type { GrammarGroup, GrammarToken } from './grammar-token.js';

/** Ways of writing what begins with one head: the token, and a string with it in. */
type Forms = readonly (readonly [token: string, example: string])[];
type Heads = Readonly<Record<string, Forms>>;

const AROUND: Heads = {
  IDMap: [['IDMap', 'Flat,IDMap']],
  IDMap2: [['IDMap2', 'Flat,IDMap2']],
  RFlat: [['RFlat', 'PQ4x4fs,RFlat']],
  Refine: [['Refine(<index>)', 'PQ4x4fs,Refine(SQ8)']],
  RefinePanorama: [['RefinePanorama(<index>)', 'PQ4x4fs,RefinePanorama(FlatL2Panorama4_1)']],
  'MinMax,': [['MinMax,<index>', 'MinMax,SQ8']],
  'MinMaxFP16,': [['MinMaxFP16,<index>', 'MinMaxFP16,SQ8']],
};

const TRANSFORMS: Heads = {
  PCA: [
    ['PCA<d>', 'PCA8,Flat'],
    ['PCAR<d>', 'PCAR8,Flat'],
    ['PCAW<d>', 'PCAW8,Flat'],
    ['PCAWR<d>', 'PCAWR8,Flat'],
  ],
  L2norm: [['L2norm', 'L2norm,Flat']],
  L2Norm: [],
  RR: [['RR[<d>]', 'RR8,Flat']],
  HR: [['HR[<seed>]', 'HR,Flat']],
  ITQ: [
    ['ITQ', 'ITQ,Flat'],
    ['ITQ<d>', 'ITQ8,Flat'],
  ],
  OPQ: [
    ['OPQ<M>', 'OPQ4,PQ4x4np'],
    ['OPQ<M>_<d>', 'OPQ4_8,PQ4x4np'],
  ],
  Pad: [['Pad<d>', 'Pad20,PQ4x4np']],
};

const SQ: Forms = SQ_TYPES.map((type) => [`SQ${type}`, `SQ${type}`]);
const RESIDUAL_NORMS: Forms = NORMS.map((norm) => [`RQ<M>x<nbits>_N${norm}`, `RQ2x4_N${norm}`]);

const RABITQ: Forms = [
  ['RaBitQ', 'RaBitQ'],
  ['RaBitQ<nbits>', 'RaBitQ4'],
];
const RABITQ_FAST_SCAN: Forms = [
  ['RaBitQfs', 'RaBitQfs'],
  ['RaBitQfs<nbits>[_<bbs>]', 'RaBitQfs4'],
];
const EDEN: Forms = [
  ['EDEN[<nbits>]', 'EDEN2'],
  ['EDEN[<nbits>]BIASED', 'EDEN2BIASED'],
];

/** Forms that stand alone and in an IVF alike. */
const PQ: Forms = [
  ['PQ<M>', 'PQ4'],
  ['PQ<M>np', 'PQ4np'],
  ['PQ<M>x<nbits>', 'PQ4x6np'],
  ['PQ<M>x<nbits>, 10 to 16', 'PQ2x10np'],
];

/** An additive quantizer and its FastScan form; l2 wants a norm in it, which ip must not have. */
function additive(name: string, size: string, sizes: string, residual: string): Forms {
  return [
    [`${name}${size}x<nbits>`, `${name}${sizes}x4`],
    [`${name}${size}x4fs`, `${name}${sizes}x4fs`],
    [`${name}${size}x4fs_Nrq2x4`, `${name}${sizes}x4fs_Nrq2x4`],
    [`${name}${size}x4fs_Nlsq2x4`, `${name}${sizes}x4fs_Nlsq2x4`],
    ...(residual === '' ? [] : [[`${name}${size}x4fsr`, `${name}${sizes}x4fsr_Nrq2x4`] as const]),
  ];
}

const INDEXES: Heads = {
  Flat: [['Flat', 'Flat']],
  FlatL2Panorama: [['FlatL2Panorama<levels>[_<batch>]', 'FlatL2Panorama4']],
  FlatIPPanorama: [['FlatIPPanorama<levels>[_<batch>]', 'FlatIPPanorama4']],
  SQ,
  PQ: [...PQ, ['PQ<M>x4fs[_<bbs>]', 'PQ4x4fs']],
  RQ: [...additive('RQ', '<M>', '2', ''), ['RQ<M>x<nbits>_<M>x<nbits>', 'RQ1x5_2x4'], ...RESIDUAL_NORMS],
  RCQ: [['RCQ<M>x<nbits>', 'RCQ2x4']],
  LSQ: additive('LSQ', '<M>', '2', ''),
  LSCQ: [['LSCQ<M>x<nbits>', 'LSCQ2x4']],
  PRQ: additive('PRQ', '<nsplits>x<M>', '2x2', ''),
  PLSQ: additive('PLSQ', '<nsplits>x<M>', '2x2', ''),
  RaBitQ: RABITQ,
  RaBitQfs: RABITQ_FAST_SCAN,
  EDEN,
  LSH: [
    ['LSH[<nbits>]', 'LSH'],
    ['LSH[<nbits>]r', 'LSH24r'],
    ['LSH[<nbits>]t', 'LSHt'],
  ],
  ZnLattice: [['ZnLattice<nsq>x<r2>_<nbits>', 'ZnLattice2x4_6']],
  Residual: [
    ['Residual<nlist>,PQ<M>', 'Residual4,PQ4x4'],
    ['Residual<M>x<nbits>,PQ<M>', 'Residual2x3,PQ4x4'],
  ],
};

const GRAPHS: Heads = {
  HNSW: [
    ['HNSW[<M>]', 'HNSW8'],
    ['HNSW[<M>],FlatPanorama[<levels>]', 'HNSW8,FlatPanorama4'],
    ['HNSW[<M>],PQ<M>[x<nbits>]', 'HNSW8,PQ4x4np'],
    ['HNSW[<M>],SQ…', 'HNSW8,SQ8'],
    ['HNSW[<M>],<nlist>+PQ<M>', 'HNSW8,4+PQ4'],
    ['HNSW[<M>],2x<nbits>+PQ<M>', 'HNSW8,2x3+PQ4'],
  ],
  NSG: [
    ['NSG[<R>]', 'NSG16'],
    ['NSG[<R>],PQ<M>[x<nbits>]', 'NSG16,PQ4x4np'],
    ['NSG[<R>],SQ…', 'NSG16,SQ8'],
  ],
};

const LISTS: Heads = {
  IVF: [
    ['IVF<nlist>', 'IVF4,Flat'],
    ['IVF<nlist>_HNSW[<M>]', 'IVF4_HNSW4,Flat'],
    ['IVF<nlist>_NSG<R>', 'IVF128_NSG16,Flat'],
    ['IVF<nlist>(<index>)', 'IVF16(IVF4,Flat),Flat'],
    ['IVF<nlist>(RCQ…)', 'IVF16(RCQ2x2),Flat'],
  ],
  IMI2x: [['IMI2x<nbits>', 'IMI2x2,Flat']],
};

const CODECS: Heads = {
  Flat: [['Flat', 'Flat']],
  FlatDedup: [['FlatDedup', 'FlatDedup']],
  FlatPanorama: [['FlatPanorama[<levels>][_<batch>]', 'FlatPanorama4']],
  SQ,
  PQ: [...PQ, ['PQ<M>+<M>', 'PQ4+4'], ['PQ<M>x4fs[_<bbs>]', 'PQ4x4fs'], ['PQ<M>x4fsr[_<bbs>]', 'PQ4x4fsr']],
  RQ: additive('RQ', '<M>', '2', 'r'),
  LSQ: additive('LSQ', '<M>', '2', 'r'),
  PRQ: additive('PRQ', '<nsplits>x<M>', '2x2', 'r'),
  PLSQ: additive('PLSQ', '<nsplits>x<M>', '2x2', 'r'),
  RaBitQ: RABITQ,
  RaBitQfs: RABITQ_FAST_SCAN,
  EDEN,
  ITQ: [['ITQ[<nbits>],SH', 'ITQ8,SH']],
  PCAR: [['PCAR[<nbits>],SH', 'PCAR8,SH']],
  PCA: [['PCA[<nbits>],SH[<period>][c|m]', 'PCA8,SH2c']],
};

/** What stands in front of a codec in its example. */
const BEFORE_CODEC = 'IVF4,';

const TABLES: readonly (readonly [GrammarGroup, Heads])[] = [
  ['index', INDEXES],
  ['graph', GRAPHS],
  ['inverted lists', LISTS],
  ['codec in lists', CODECS],
  ['transform', TRANSFORMS],
  ['around an index', AROUND],
];

/**
 * Every token of the factory grammar with a string that has it, from the tables of the parser: what the parser knows and
 * nothing is listed for is told by {@link unlistedHeads}.
 */
export function grammarTokens(): readonly GrammarToken[] {
  return TABLES.flatMap(([group, heads]) => {
    const before = group === 'codec in lists' ? BEFORE_CODEC : '';
    return Object.values(heads)
      .flat()
      .map(([token, example]) => ({ token, group, example: before + example }));
  });
}

/** Heads of the parser's tables without a token in the list, and heads listed that no table has. Empty in a release. */
export function unlistedHeads(): readonly string[] {
  const basic = { ...INDEXES, ...GRAPHS, ...LISTS, ...AROUND };
  const pairs: readonly (readonly [string, readonly string[], Heads])[] = [
    ['index', [...BASIC_HEADS, ...SUFFIX_NAMES], basic],
    ['codec', CODEC_HEADS, CODECS],
    ['transform', TRANSFORM_HEADS, TRANSFORMS],
  ];
  return pairs.flatMap(([name, parsed, listed]) => [
    ...parsed.filter((head) => !(head in listed)).map((head) => `${name} ${head} is not listed`),
    ...Object.keys(listed)
      .filter((head) => !parsed.includes(head))
      .map((head) => `${name} ${head} is not parsed`),
  ]);
}
