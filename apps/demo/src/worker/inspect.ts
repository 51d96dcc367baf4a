import { LutraError, type VectorIndex } from '@lutra/core';
import type { Api, Inspection, Neighbour, Picture, Parameters as SearchSettings } from '../protocol.js';
import type { Anatomy } from './anatomy.js';
import { vectorOf } from './dataset.js';
import type { Plane } from './plane.js';
import type { Call } from './serve.js';
import type { Session } from './session.js';
import { trueNeighbours, withoutOwn } from './trial.js';

const MOST_LISTS = 1024;
const MOST_CANDIDATES = 1000;
const TIMINGS = 5;

/** The set in its plane, with the centroids of the lists. */
export async function picture(session: Session, call: Call): Promise<Picture> {
  const plane = await session.plane(call);
  const points = new Float32Array(2 * plane.shown.length);
  plane.shown.forEach((row, i) => {
    points.set(plane.rows.subarray(2 * row, 2 * row + 2), 2 * i);
  });
  const base = { points, rows: plane.shown, variance: plane.variance };
  if (!session.hasIndex) return { ...base, centroids: undefined, lists: undefined };
  const anatomy = await session.anatomy();
  const { lists } = anatomy;
  const sizes = lists?.map((ids) => ids.length);
  return {
    ...base,
    centroids: lists && centroidPlaces(session, anatomy, plane),
    lists: sizes && { sizes, imbalance: imbalanceOf(sizes) },
  };
}

function imbalanceOf(sizes: readonly number[]): number {
  const total = sizes.reduce((a, b) => a + b, 0);
  return total === 0 ? 0 : (sizes.length * sizes.reduce((a, b) => a + b * b, 0)) / total ** 2;
}

/** Where the centroids are; behind a transform, where the members of their lists are in the mean. */
function centroidPlaces(session: Session, { centroids, lists }: Anatomy, plane: Plane): Float32Array {
  if (centroids && centroids.length > 0) return plane.project(centroids);
  const out = new Float32Array(2 * lists!.length);
  lists!.forEach((ids, list) => {
    for (const id of ids) {
      const row = session.rowOf(id);
      out[2 * list]! += plane.rows[2 * row]! / ids.length;
      out[2 * list + 1]! += plane.rows[2 * row + 1]! / ids.length;
    }
  });
  return out;
}

type Asked = Parameters<Api['inspect']>[0];

/** One search, taken apart. */
export async function inspect(session: Session, asked: Asked, call: Call): Promise<Inspection> {
  const { dataset, built } = session;
  const { index } = built;
  const { query, k, parameters } = asked;
  const x = vectorOf(dataset, query);
  if (x.length !== dataset.info.d) {
    throw new LutraError('ARGUMENT', `page: there is no row ${query.row}`, {
      argument: 'query',
      value: query.row,
    });
  }
  const anatomy = await session.anatomy();
  const plane = await session.plane(call);
  const own = query.from === 'rows' ? [query.row] : undefined;
  const lists = anatomy.coarse ? await listOrder(anatomy.coarse, x) : [];
  const milliseconds = timed(index, x, k, parameters);
  const raw = await index.search(x, k + (own ? 1 : 0), parameters);
  const found = withoutOwn({ ...raw, labels: raw.labels.map((label) => session.rowOf(label)) }, own, k);
  const truth = withoutOwn(await exactFor(session, asked, x, call.signal), own, k);
  const wanted = new Set(truth.labels);
  const foundRows = new Set(found.labels);
  const all = (t: typeof found): Neighbour[] =>
    Array.from(t.labels, (row, i) => ({ row, distance: t.distances[i]!, true: wanted.has(row) })).filter(
      ({ row }) => row >= 0,
    );
  const shown = all(found);
  const missed = all(truth).filter(({ row }) => !foundRows.has(row));
  const places = (rows: readonly Neighbour[]): Float32Array =>
    placesOf(
      plane,
      rows.map(({ row }) => row),
    );
  const candidates = await candidatesOf(session, anatomy, x, asked);
  return {
    ...{ query, at: placeOf(plane, x), lists, milliseconds, found: shown, foundAt: places(shown) },
    ...{ missed, missedAt: places(missed), candidates: placesOf(plane, candidates) },
    scanned: scannedOf(anatomy, lists, parameters) ?? index.ntotal,
  };
}

async function listOrder(coarse: VectorIndex, x: Float32Array): Promise<number[]> {
  const { labels } = await coarse.search(x, Math.min(coarse.ntotal, MOST_LISTS));
  return Array.from(labels).filter((list) => list >= 0);
}

/** The median of a few calls, of which the first warms up. */
function timed(index: VectorIndex, x: Float32Array, k: number, parameters: SearchSettings): number {
  const times: number[] = [];
  for (let i = 0; i <= TIMINGS; i++) {
    const start = performance.now();
    index.searchSync!(x, k, parameters);
    if (i > 0) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[TIMINGS >> 1]!;
}

async function exactFor(
  session: Session,
  { query, k }: Asked,
  x: Float32Array,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<typeof trueNeighbours>>> {
  const metric = session.built.index.metric as 'l2' | 'ip';
  const options = { metric, scaled: session.scaled, k: k + (query.from === 'rows' ? 1 : 0) };
  const key = `${query.from} ${query.row} ${k} ${metric} ${options.scaled}`;
  const known = lastTruth.get(session.dataset);
  if (known?.key === key) return known.truth;
  const truth = await trueNeighbours(session.dataset, x, options, signal);
  lastTruth.set(session.dataset, { key, truth });
  return truth;
}

/** While a slider moves, the query stays. */
const lastTruth = new WeakMap<object, { key: string; truth: Awaited<ReturnType<typeof trueNeighbours>> }>();

/** What the codes find before it is refined, as rows. */
async function candidatesOf(
  session: Session,
  { base }: Anatomy,
  x: Float32Array,
  { k, parameters }: Asked,
): Promise<number[]> {
  if (!base) return [];
  const { kFactor = session.built.index.parameters.kFactor ?? 1, nprobe } = parameters;
  const count = Math.min(Math.max(k, Math.floor(k * kFactor)), MOST_CANDIDATES, base.ntotal);
  const { labels } = await base.search(x, count, nprobe === undefined ? {} : { nprobe });
  return Array.from(labels, (label) => session.rowOf(label)).filter((row) => row >= 0);
}

function scannedOf(
  { lists }: Anatomy,
  order: readonly number[],
  { nprobe = 1 }: SearchSettings,
): number | undefined {
  return lists && order.slice(0, nprobe).reduce((n, list) => n + lists[list]!.length, 0);
}

function placeOf(plane: Plane, x: Float32Array): [number, number] {
  const [px, py] = plane.project(x);
  return [px!, py!];
}

function placesOf(plane: Plane, rows: readonly number[]): Float32Array {
  const out = new Float32Array(2 * rows.length);
  rows.forEach((row, i) => {
    out.set(plane.rows.subarray(2 * row, 2 * row + 2), 2 * i);
  });
  return out;
}
