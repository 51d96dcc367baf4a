import { type Assigner, createAssigner } from '../clustering/assigner.js';
import { kmeans } from '../clustering/kmeans.js';
import type { Engine } from '../engine.js';
import { Task } from '../task.js';
import type { Job, JobResult } from './messages.js';

const BLOCK_ROWS = 1024;

interface Outcome {
  readonly result: JobResult;
  readonly transfer: ArrayBuffer[];
}

/** The side of the worker in a training: the kernels of the index's memory, and points that all threads see. */
export class TrainingServer {
  readonly #engine: Engine;
  #assigner: Assigner | undefined;
  /** What the assigner was made for, and the pass whose centroids it has. */
  #points: Float32Array | undefined;
  #pass = -1;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  nearest(job: Extract<Job, { kind: 'nearest' }>): Outcome {
    const { memory } = this.#engine;
    const { points, d, start, count } = job;
    const assigner = this.#assignerFor(job);
    const indices = new Uint32Array(count);
    const nearest = new Float32Array(count);
    const block = this.#engine.scratch('threads.block', BLOCK_ROWS * d * 4);
    for (let at = 0; at < count; at += BLOCK_ROWS) {
      const rows = Math.min(BLOCK_ROWS, count - at);
      const from = (start + at) * d;
      memory.f32(block, rows * d).set(points.subarray(from, from + rows * d));
      assigner.assign(block, rows);
      indices.set(memory.u32(assigner.indices, rows), at);
      nearest.set(memory.f32(assigner.distances, rows), at);
    }
    return { result: { indices, nearest }, transfer: [indices.buffer, nearest.buffer] };
  }

  #assignerFor({ points, centroids, d, metric, pass }: Extract<Job, { kind: 'nearest' }>): Assigner {
    const k = centroids.length / d;
    const same = pass > 0 && this.#points?.length === points.length;
    if (!this.#assigner || !same) {
      this.#assigner?.free();
      this.#assigner = createAssigner(this.#engine, metric, k, d, BLOCK_ROWS);
      this.#points = points;
      this.#pass = -1;
    }
    if (this.#pass !== pass) this.#assigner.load(centroids);
    this.#pass = pass;
    return this.#assigner;
  }

  async kmeans({ points, options }: Extract<Job, { kind: 'kmeans' }>): Promise<Outcome> {
    const found = await kmeans(this.#engine, points, options, new Task());
    const centroids = new Float32Array(found);
    return { result: { centroids }, transfer: [centroids.buffer] };
  }
}
