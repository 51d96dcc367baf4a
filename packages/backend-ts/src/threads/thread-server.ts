import { isBinaryIndexData, type SearchResult } from '@lutra/core';
import { attachKernels, type KernelArena, type KernelHandle } from '@lutra/kernels';
import { allocationError } from '../allocation-error.js';
import { loadBinaryNode } from '../binary/load-binary-node.js';
import { PartOfSearch } from '../division.js';
import { Engine } from '../engine.js';
import { searchInSteps, table } from '../k-nearest.js';
import { loadNode } from '../load-node.js';
import { type IndexNode, type NodeParameters, type Prepared, type Vectors, widthOf } from '../node.js';
import { nodeParameters } from '../parameters.js';
import type { Job, JobResult, Reply, Request, SearchCall } from './messages.js';
import { unpackIndex } from './pack-index.js';
import { toPlainError } from './plain-error.js';
import { TrainingServer } from './training-server.js';

interface OpenCall {
  readonly k: number;
  readonly parameters: NodeParameters;
}

/** A result, and the buffers that go with it. */
interface Outcome {
  readonly result: JobResult;
  readonly transfer: ArrayBuffer[];
}

/** The side of the worker: an index that reads the memory of another thread, and the jobs on it, one at a time. */
export class ThreadServer {
  readonly #reply: (reply: Reply, transfer: ArrayBuffer[]) => void;
  readonly #regions: { ptr: number; bytes: number }[] = [];
  readonly #calls = new Map<number, OpenCall>();
  /** Jobs that found the arena full. */
  readonly #waiting = new Map<number, Job>();
  #handle: KernelHandle | undefined;
  #arena: KernelArena | undefined;
  #root: IndexNode<Vectors> | undefined;
  #engine: Engine | undefined;
  #training: TrainingServer | undefined;
  /** The jobs so far: the next waits for them. */
  #jobs: Promise<void> = Promise.resolve();

  constructor(reply: (reply: Reply, transfer: ArrayBuffer[]) => void) {
    this.#reply = reply;
  }

  /** Does what a message asks. */
  take(request: Request): void {
    if (request.kind === 'job') this.#enqueue(request.id, request.job);
    else if (request.kind === 'attach') this.#handle = request.handle;
    else if (request.kind === 'open') this.#calls.set(request.call, openCall(request.search));
    else if (request.kind === 'close') this.#calls.delete(request.call);
    else if (request.kind === 'drop') this.#waiting.delete(request.id);
    else {
      this.#regions.push({ ptr: request.ptr, bytes: request.bytes });
      this.#arena?.give(request.ptr, request.bytes);
      const again = [...this.#waiting];
      this.#waiting.clear();
      for (const [id, job] of again) this.#enqueue(id, job);
    }
  }

  #enqueue(id: number, job: Job): void {
    this.#jobs = this.#jobs.then(() => this.#run(id, job));
  }

  async #run(id: number, job: Job): Promise<void> {
    this.#arena?.takeLack();
    try {
      const { result, transfer } = await this.#work(job);
      this.#reply({ kind: 'done', id, result }, transfer);
    } catch (e) {
      const lack = this.#arena?.takeLack() ?? 0;
      if (lack > 0) {
        // what a training has allocated halfway is forgotten with its allocator
        this.#training = undefined;
        this.#waiting.set(id, job);
        this.#reply({ kind: 'lack', id, bytes: lack }, []);
      } else this.#reply({ kind: 'failed', id, error: toPlainError(allocationError('a thread', e)) }, []);
    }
  }

  async #work(job: Job): Promise<Outcome> {
    switch (job.kind) {
      case 'load': {
        const engine = this.#newEngine();
        for (const [rows, state] of job.bounds) engine.givenBounds.set(rows, state);
        const data = unpackIndex(job.index, engine);
        this.#root = isBinaryIndexData(data) ? loadBinaryNode(engine, data) : loadNode(engine, data);
        return { result: {}, transfer: [] };
      }
      case 'search':
        return this.#search(job);
      case 'part':
        return this.#searchPart(job);
      case 'assign':
      case 'prepare':
        return this.#prepare(job);
      case 'nearest':
        return this.#trainer().nearest(job);
      case 'kmeans':
        return this.#trainer().kmeans(job);
    }
  }

  /** A new allocator: what the old one had given out is forgotten with it, and so is the index. */
  #newEngine(): Engine {
    this.#root = undefined;
    this.#training = undefined;
    const kernels = attachKernels(this.#handle!);
    this.#arena = kernels.arena;
    for (const { ptr, bytes } of this.#regions) kernels.arena.give(ptr, bytes);
    this.#engine = new Engine(kernels);
    return this.#engine;
  }

  #trainer(): TrainingServer {
    this.#training ??= new TrainingServer(this.#newEngine());
    return this.#training;
  }

  #searchPart({ call, x, share }: Extract<Job, { kind: 'part' }>): Outcome {
    const root = this.#root!;
    const { k, parameters } = this.#calls.get(call)!;
    const division = new PartOfSearch(share);
    const nothing = table(x.length / root.d, k, root.metric);
    for (const _ of searchInSteps(root, x, { ...parameters, division }, nothing));
    return { result: { kept: division.kept }, transfer: division.buffers };
  }

  #prepare(job: Extract<Job, { kind: 'assign' | 'prepare' }>): {
    result: JobResult;
    transfer: ArrayBuffer[];
  } {
    const { x } = job;
    const root = this.#root!;
    const n = x.length / widthOf(root);
    const prepared =
      job.kind === 'assign' ? { assign: root.listsOf!(x, n) } : root.prepare!(x, n, job.assign);
    return { result: { x, prepared }, transfer: [...new Set([x.buffer, ...buffersOf(prepared)])] };
  }

  #search({ call, x }: Extract<Job, { kind: 'search' }>): Outcome {
    const root = this.#root!;
    const { k, parameters } = this.#calls.get(call)!;
    const out = table(x.length / widthOf(root), k, root.metric);
    for (const _ of searchInSteps(root, x, parameters, out));
    return outcomeOf(out);
  }
}

function outcomeOf(found: SearchResult): Outcome {
  const distances = found.distances as Float32Array<ArrayBuffer>;
  const labels = found.labels as Float64Array<ArrayBuffer>;
  return { result: { distances, labels }, transfer: [distances.buffer, labels.buffer] };
}

/** The buffers of all arrays in `prepared`. */
function buffersOf(prepared: Prepared): ArrayBuffer[] {
  return Object.values(prepared).flatMap((part: ArrayBufferView | Prepared) =>
    ArrayBuffer.isView(part) ? [part.buffer as ArrayBuffer] : buffersOf(part),
  );
}

function openCall({ k, ...parameters }: SearchCall): OpenCall {
  return { k, parameters: nodeParameters(parameters) };
}
