import { attachKernels, type KernelArena } from '@lutra/kernels';
import { allocationError } from '../allocation-error.js';
import { Engine } from '../engine.js';
import { searchInSteps, table } from '../k-nearest.js';
import { loadNode } from '../load-node.js';
import type { IndexNode, NodeParameters, Prepared } from '../node.js';
import { nodeParameters } from '../parameters.js';
import type { Job, JobResult, Reply, Request, SearchCall } from './messages.js';
import { unpackIndex } from './pack-index.js';
import { toPlainError } from './plain-error.js';

interface OpenCall {
  readonly k: number;
  readonly parameters: NodeParameters;
}

/** The side of the worker: an index that reads the memory of another thread, and the jobs on it. */
export class ThreadServer {
  readonly #reply: (reply: Reply, transfer: ArrayBuffer[]) => void;
  readonly #regions: { ptr: number; bytes: number }[] = [];
  readonly #calls = new Map<number, OpenCall>();
  /** Jobs that found the arena full. */
  readonly #waiting = new Map<number, Job>();
  #arena: KernelArena | undefined;
  #root: IndexNode | undefined;

  constructor(reply: (reply: Reply, transfer: ArrayBuffer[]) => void) {
    this.#reply = reply;
  }

  /** Does what a message asks. */
  take(request: Request): void {
    if (request.kind === 'job') this.#run(request.id, request.job);
    else if (request.kind === 'open') this.#calls.set(request.call, openCall(request.search));
    else if (request.kind === 'close') this.#calls.delete(request.call);
    else if (request.kind === 'drop') this.#waiting.delete(request.id);
    else {
      this.#regions.push({ ptr: request.ptr, bytes: request.bytes });
      this.#arena?.give(request.ptr, request.bytes);
      this.#again();
    }
  }

  #again(): void {
    const jobs = [...this.#waiting];
    this.#waiting.clear();
    for (const [id, job] of jobs) this.#run(id, job);
  }

  #run(id: number, job: Job): void {
    this.#arena?.takeLack();
    try {
      const { result, transfer } = this.#work(job);
      this.#reply({ kind: 'done', id, result }, transfer);
    } catch (e) {
      const lack = this.#arena?.takeLack() ?? 0;
      if (lack > 0) {
        this.#waiting.set(id, job);
        this.#reply({ kind: 'lack', id, bytes: lack }, []);
      } else this.#reply({ kind: 'failed', id, error: toPlainError(allocationError('a thread', e)) }, []);
    }
  }

  #work(job: Job): { result: JobResult; transfer: ArrayBuffer[] } {
    switch (job.kind) {
      case 'load':
        this.#load(job);
        return { result: {}, transfer: [] };
      case 'search':
        return this.#search(job);
      case 'assign':
      case 'prepare':
        return this.#prepare(job);
    }
  }

  /** A new tree over a new allocator: what the old one had allocated is forgotten with it. */
  #load({ handle, index }: Extract<Job, { kind: 'load' }>): void {
    this.#root = undefined;
    const kernels = attachKernels(handle);
    this.#arena = kernels.arena;
    for (const { ptr, bytes } of this.#regions) kernels.arena.give(ptr, bytes);
    const engine = new Engine(kernels);
    this.#root = loadNode(engine, unpackIndex(index, engine));
  }

  #prepare(job: Extract<Job, { kind: 'assign' | 'prepare' }>): {
    result: JobResult;
    transfer: ArrayBuffer[];
  } {
    const { x } = job;
    const root = this.#root!;
    const n = x.length / root.d;
    const prepared =
      job.kind === 'assign' ? { assign: root.listsOf!(x, n) } : root.prepare!(x, n, job.assign);
    return { result: { x, prepared }, transfer: [...new Set([x.buffer, ...buffersOf(prepared)])] };
  }

  #search({ call, x }: Extract<Job, { kind: 'search' }>): { result: JobResult; transfer: ArrayBuffer[] } {
    const root = this.#root!;
    const { k, parameters } = this.#calls.get(call)!;
    const { distances, labels } = table(x.length / root.d, k, root.metric);
    for (const _ of searchInSteps(root, x, parameters, { distances, labels, nq: x.length / root.d, k }));
    const result = {
      distances: distances as Float32Array<ArrayBuffer>,
      labels: labels as Float64Array<ArrayBuffer>,
    };
    return { result, transfer: [result.distances.buffer, result.labels.buffer] };
  }
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
