import { LutraError } from '@lutra/core';
import { blendFeatures } from '@lutra/rvc';
import type { Api, Blended, Part, Sound } from '../protocol.js';
import { BANDS, type FrontEnd, HOP, logMelOf, RATE, WINDOW } from '../sound/front-end.js';
import { griffinLim } from '../sound/griffin-lim.js';
import { decodeMuLaw } from '../sound/mu-law.js';
import { FINER, magnitudesOf } from '../sound/spectrum.js';
import { loadFrontEnd, loadSound } from './carried.js';
import { placeOf } from './dataset.js';
import type { Call } from './serve.js';
import type { Session } from './session.js';

const ITERATIONS = 32;
const FADE = 160;
const LOUD = 0.9;

/** The sound of the speech set, loaded when it is first wanted. */
export class Hearing {
  #sound: Promise<Map<string, Uint8Array>> | undefined;
  #frontEnd: Promise<FrontEnd> | undefined;
  readonly #plain = new Map<string, { logMel: Float32Array; sound: Float32Array }>();

  /** What is heard around a frame, or the whole clip for `seconds` 0. */
  async around(
    session: Session,
    { query, seconds }: Parameters<Api['sound']>[0],
    call: Call,
  ): Promise<Sound> {
    const { info } = session.dataset;
    if (info.kind !== 'speech') throw noSound();
    const place = placeOf(query.from === 'rows' ? info.parts : info.heldOut, query.row);
    if (!place) throw noSound();
    const samples = await this.#recording(place.part.name, call);
    if (seconds === 0) return { samples, rate: RATE };
    const middle = place.at * HOP + WINDOW / 2;
    const half = Math.round((seconds * RATE) / 2);
    const piece = samples.slice(Math.max(0, middle - half), Math.min(samples.length, middle + half));
    fade(piece);
    return { samples: piece, rate: RATE };
  }

  async #recording(name: string, call: Call): Promise<Float32Array> {
    this.#sound ??= forgetting(loadSound(call), () => {
      this.#sound = undefined;
    });
    const bytes = (await this.#sound).get(name);
    if (!bytes) throw noSound();
    return decodeMuLaw(bytes);
  }

  /** A clip mixed with what the index holds, as spectrograms and as sound. */
  async blend(session: Session, asked: Parameters<Api['blend']>[0], call: Call): Promise<Blended> {
    const { info, heldOut } = session.dataset;
    const clip = info.heldOut.find(({ name }) => name === asked.clip);
    if (!clip || !heldOut) throw noSound();
    const features = heldOut.slice(clip.start * info.d, (clip.start + clip.rows) * info.d);
    call.step({ stage: 'search', done: 0, total: undefined });
    const mixed = await blendFeatures(session.built.index, features, {
      ...{ indexRate: asked.rate, parameters: asked.parameters, signal: call.signal },
    });
    this.#frontEnd ??= forgetting(loadFrontEnd(call), () => {
      this.#frontEnd = undefined;
    });
    const frontEnd = await this.#frontEnd;
    const original = await this.#plainSound(clip, features, frontEnd, call);
    const blended = asked.rate === 0 ? original : await sounded(mixed.features, frontEnd, call);
    return {
      ...{ name: clip.name, frames: clip.rows, bands: BANDS, rate: RATE },
      ...{ original: original.logMel, originalSound: original.sound },
      ...{ blended: blended.logMel, blendedSound: blended.sound },
      recording: await this.#recording(clip.name, call),
    };
  }

  async #plainSound(clip: Part, features: Float32Array, frontEnd: FrontEnd, call: Call): Promise<Heard> {
    const known = this.#plain.get(clip.name);
    if (known) return known;
    const heard = await sounded(features, frontEnd, call);
    this.#plain.set(clip.name, heard);
    return heard;
  }
}

interface Heard {
  readonly logMel: Float32Array;
  readonly sound: Float32Array;
}

async function sounded(features: Float32Array, frontEnd: FrontEnd, { signal, step }: Call): Promise<Heard> {
  const logMel = logMelOf(features, frontEnd);
  const sound = await griffinLim(magnitudesOf(logMel, frontEnd), {
    ...{ window: WINDOW, hop: HOP / FINER, iterations: ITERATIONS },
    async onProgress(done) {
      step({ stage: 'sound', done, total: ITERATIONS });
      // a message that calls it off is heard between two tasks only
      await new Promise((resolve) => setTimeout(resolve));
      if (signal.aborted) throw new LutraError('ABORTED', 'stopped by the caller', {});
    },
  });
  const loudest = sound.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-6);
  return { logMel, sound: sound.map((v) => (v * LOUD) / loudest) };
}

function fade(samples: Float32Array): void {
  const length = Math.min(FADE, samples.length >> 1);
  for (let i = 0; i < length; i++) {
    samples[i]! *= i / length;
    samples[samples.length - 1 - i]! *= i / length;
  }
}

function forgetting<T>(promise: Promise<T>, forget: () => void): Promise<T> {
  promise.catch(forget);
  return promise;
}

function noSound(): LutraError {
  return new LutraError('STATE', 'page: only the speech set has sound', { state: 'no sound' });
}
