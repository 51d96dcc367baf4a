import { ChainBuilder } from './builder-chain.js';

const start = new ChainBuilder();
type Start = ChainBuilder;

/** See {@link ChainBuilder.pca}. */
export const pca: Start['pca'] = start.pca.bind(start);
/** See {@link ChainBuilder.l2norm}. */
export const l2norm: Start['l2norm'] = start.l2norm.bind(start);
/** See {@link ChainBuilder.randomRotation}. */
export const randomRotation: Start['randomRotation'] = start.randomRotation.bind(start);
/** See {@link ChainBuilder.hadamardRotation}. */
export const hadamardRotation: Start['hadamardRotation'] = start.hadamardRotation.bind(start);
/** See {@link ChainBuilder.itq}. */
export const itq: Start['itq'] = start.itq.bind(start);
/** See {@link ChainBuilder.opq}. */
export const opq: Start['opq'] = start.opq.bind(start);
/** See {@link ChainBuilder.pad}. */
export const pad: Start['pad'] = start.pad.bind(start);
/** See {@link ChainBuilder.ivf}. */
export const ivf: Start['ivf'] = start.ivf.bind(start);
/** See {@link ChainBuilder.imi}. */
export const imi: Start['imi'] = start.imi.bind(start);
/** See {@link ChainBuilder.hnsw}. */
export const hnsw: Start['hnsw'] = start.hnsw.bind(start);
/** See {@link ChainBuilder.nsg}. */
export const nsg: Start['nsg'] = start.nsg.bind(start);
/** See {@link ChainBuilder.flat}. */
export const flat: Start['flat'] = start.flat.bind(start);
/** See {@link ChainBuilder.flatPanorama}. */
export const flatPanorama: Start['flatPanorama'] = start.flatPanorama.bind(start);
/** See {@link ChainBuilder.lsh}. */
export const lsh: Start['lsh'] = start.lsh.bind(start);
/** See {@link ChainBuilder.lattice}. */
export const lattice: Start['lattice'] = start.lattice.bind(start);
/** See {@link ChainBuilder.sq}. */
export const sq: Start['sq'] = start.sq.bind(start);
/** See {@link ChainBuilder.pq}. */
export const pq: Start['pq'] = start.pq.bind(start);
/** See {@link ChainBuilder.rq}. */
export const rq: Start['rq'] = start.rq.bind(start);
/** See {@link ChainBuilder.rcq}. */
export const rcq: Start['rcq'] = start.rcq.bind(start);
/** See {@link ChainBuilder.lsq}. */
export const lsq: Start['lsq'] = start.lsq.bind(start);
/** See {@link ChainBuilder.lscq}. */
export const lscq: Start['lscq'] = start.lscq.bind(start);
/** See {@link ChainBuilder.prq}. */
export const prq: Start['prq'] = start.prq.bind(start);
/** See {@link ChainBuilder.plsq}. */
export const plsq: Start['plsq'] = start.plsq.bind(start);
/** See {@link ChainBuilder.rqFastScan}. */
export const rqFastScan: Start['rqFastScan'] = start.rqFastScan.bind(start);
/** See {@link ChainBuilder.lsqFastScan}. */
export const lsqFastScan: Start['lsqFastScan'] = start.lsqFastScan.bind(start);
/** See {@link ChainBuilder.prqFastScan}. */
export const prqFastScan: Start['prqFastScan'] = start.prqFastScan.bind(start);
/** See {@link ChainBuilder.plsqFastScan}. */
export const plsqFastScan: Start['plsqFastScan'] = start.plsqFastScan.bind(start);
/** See {@link ChainBuilder.raBitQ}. */
export const raBitQ: Start['raBitQ'] = start.raBitQ.bind(start);
/** See {@link ChainBuilder.eden}. */
export const eden: Start['eden'] = start.eden.bind(start);
/** See {@link ChainBuilder.residual}. */
export const residual: Start['residual'] = start.residual.bind(start);
/** See {@link ChainBuilder.residualMulti}. */
export const residualMulti: Start['residualMulti'] = start.residualMulti.bind(start);
/** See {@link ChainBuilder.minMax}. */
export const minMax: Start['minMax'] = start.minMax.bind(start);
/** See {@link ChainBuilder.minMaxFp16}. */
export const minMaxFp16: Start['minMaxFp16'] = start.minMaxFp16.bind(start);
