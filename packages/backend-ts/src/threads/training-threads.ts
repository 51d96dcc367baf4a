import { assertNotAborted, type Metric } from '@lutra/core';
import type { KmeansOptions } from '../clustering/kmeans.js';
import { gatherRows, type RowView, viewRows } from '../clustering/row-view.js';
import type { Job, JobResult } from './messages.js';
import { inOrder, runJobs } from './thread-pool.js';
import type { WorkerLink } from './worker-link.js';

/** Multiply-adds below which a pass is not worth a message. */
const LEAST_WORK = 2 ** 22;
/** Points of a job, a multiple of the block that one thread assigns at a time. */
const JOB_POINTS = 4096;

/** What workers found for a block of points. */
export interface NearestBlock {
  readonly indices: Uint32Array;
  readonly distances: Float32Array;
}

/** The assignments of a k-means, found by workers. */
export interface PointsThreads {
  /** The points, where all threads see them. */
  readonly points: RowView;
  /** One pass over all points with `centroids`, `(k, d)`: their blocks of `blockRows`, in order. To be taken to the end. */
  pass(centroids: Float32Array, blockRows: number): AsyncGenerator<NearestBlock>;
}

/** The workers of an index while it trains. */
export class TrainingThreads {
  readonly #links: readonly WorkerLink[];
  readonly #signal: AbortSignal | undefined;

  constructor(links: readonly WorkerLink[], signal: AbortSignal | undefined) {
    this.#links = links;
    this.#signal = signal;
  }

  /** Help with the assignments of a k-means of `points`; undefined where it would not repay. */
  assigning(points: RowView, k: number, metric: Metric): PointsThreads | undefined {
    const { n, d } = points;
    if (n * k * d < LEAST_WORK || n <= JOB_POINTS) return undefined;
    const shared = share(points);
    const centroids = sharedFloats(k * d);
    let passes = 0;
    const links = this.#links;
    return {
      points: shared,
      async *pass(given, blockRows) {
        centroids.set(given);
        const job = { kind: 'nearest', points: shared.data, centroids, d, metric, pass: passes++ } as const;
        async function* jobs(): AsyncGenerator<{ job: Job; transfer: [] }> {
          for (let start = 0; start < n; start += JOB_POINTS) {
            yield { job: { ...job, start, count: Math.min(JOB_POINTS, n - start) }, transfer: [] };
          }
        }
        for await (const { indices, nearest } of inOrder(links, jobs())) {
          for (let at = 0; at < indices!.length; at += blockRows) {
            yield {
              indices: indices!.subarray(at, at + blockRows),
              distances: nearest!.subarray(at, at + blockRows),
            };
          }
        }
      },
    };
  }

  /**
   * The centroids of independent k-means over column groups of the same rows, one after the other; undefined where
   * threads would not repay.
   * @param done - called with the number of those that are done
   */
  async kmeansEach(
    points: RowView,
    parts: readonly { readonly offset: number; readonly d: number; readonly options: KmeansOptions }[],
    done: (count: number) => void,
  ): Promise<Float32Array[] | undefined> {
    const work = parts.reduce((sum, { d, options }) => sum + points.n * options.k * d, 0);
    if (parts.length < 2 || work < LEAST_WORK) return undefined;
    const shared = share(points);
    const found: Float32Array[] = new Array(parts.length);
    let count = 0;
    const jobs = parts
      .map(({ offset, d, options }, i) => ({
        job: { kind: 'kmeans', points: { ...shared, offset, d }, options } as const,
        transfer: [],
        done: ({ centroids }: JobResult) => {
          found[i] = centroids!;
          done(++count);
        },
      }))
      .values();
    await runJobs(this.#links, jobs, () => assertNotAborted(this.#signal));
    return found;
  }
}

/** The rows of `view` one after the other, where all threads see them. */
function share(view: RowView): RowView {
  const { n, d } = view;
  const data = sharedFloats(n * d);
  gatherRows(view, 0, n, data);
  return viewRows(data, n, d);
}

function sharedFloats(n: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * n));
}
