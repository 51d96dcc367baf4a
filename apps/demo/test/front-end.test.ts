import { readFileSync } from 'node:fs';
import { decodeNpy, readNpz, toFloat32 } from '@lutra/npy';
import { beforeAll, describe, expect, it } from 'vitest';
import { BANDS, type FrontEnd, featuresOf, HOP, logMelOf, WINDOW } from '../src/sound/front-end.js';
import { griffinLim } from '../src/sound/griffin-lim.js';
import { decodeMuLaw } from '../src/sound/mu-law.js';
import { FINER, magnitudesOf } from '../src/sound/spectrum.js';

const voice = new URL('../../../examples/voice/', import.meta.url);
const BINS = 257;

let frontEnd: FrontEnd;
let features: Float32Array;
let recording: Float32Array;
let logMel: Float32Array;

beforeAll(async () => {
  const arrays = await readNpz(readFileSync(new URL('front-end.npz', voice)));
  const part = (name: string): Float32Array => toFloat32(arrays.get(name)!);
  frontEnd = {
    mean: part('mean'),
    deviation: part('deviation'),
    projection: part('projection'),
    filters: part('filters'),
  };
  const file = decodeNpy(readFileSync(new URL('3_feature256/0_0.npy', voice)));
  features = toFloat32(file);
  const sound = await readNpz(readFileSync(new URL('sound.npz', voice)));
  recording = decodeMuLaw(sound.get('0_0')!.data as Uint8Array);
  logMel = logMelOf(features, frontEnd);
});

/** Log-mel frames of the recording, computed as the script of the sample does. */
function heardIn(samples: Float32Array, frames: number): Float32Array {
  const out = new Float32Array(frames * BANDS);
  for (let t = 0; t < frames; t++) {
    const power = powerSpectrum(samples.subarray(t * HOP, t * HOP + WINDOW));
    for (let band = 0; band < BANDS; band++) {
      let sum = 1e-8;
      for (let bin = 0; bin < BINS; bin++) sum += frontEnd.filters[band * BINS + bin]! * power[bin]!;
      out[t * BANDS + band] = Math.log(sum);
    }
  }
  return out;
}

/** By the definition, so that nothing of the page checks itself. */
function powerSpectrum(samples: Float32Array): Float64Array {
  const power = new Float64Array(BINS);
  for (let bin = 0; bin < BINS; bin++) {
    let [re, im] = [0, 0];
    samples.forEach((sample, i) => {
      const x = sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW));
      re += x * Math.cos((2 * Math.PI * bin * i) / 512);
      im -= x * Math.sin((2 * Math.PI * bin * i) / 512);
    });
    power[bin] = re * re + im * im;
  }
  return power;
}

describe('logMelOf', () => {
  it('finds log-mel frames whose features are the given ones', () => {
    const again = featuresOf(logMel, frontEnd);
    let [error, size] = [0, 0];
    for (let i = 0; i < features.length; i++) {
      error += (again[i]! - features[i]!) ** 2;
      size += features[i]! ** 2;
    }
    expect(error / size).toBeLessThan(1e-5);
  });

  it('finds the frames of the recording that is kept beside the features', () => {
    const wanted = heardIn(recording, 50);
    let error = 0;
    for (let i = 0; i < wanted.length; i++) error += Math.abs(logMel[i]! - wanted[i]!) / wanted.length;
    // mu-law bytes are coarse where it is quiet
    expect(error).toBeLessThan(0.5);
  });
});

describe('magnitudesOf', () => {
  it('gives powers that the filters see as the mel bands', () => {
    const magnitudes = magnitudesOf(logMel.subarray(0, 10 * BANDS), frontEnd);
    expect(magnitudes.length / BINS).toBe(FINER * 9 + 1);
    let error = 0;
    for (let t = 0; t < 10; t++) {
      for (let band = 0; band < BANDS; band++) {
        let sum = 1e-8;
        for (let bin = 0; bin < BINS; bin++) {
          sum += frontEnd.filters[band * BINS + bin]! * magnitudes[t * FINER * BINS + bin]! ** 2;
        }
        error += Math.abs(Math.log(sum) - logMel[t * BANDS + band]!) / (10 * BANDS);
      }
    }
    expect(error).toBeLessThan(0.15);
  });
});

describe('griffinLim', () => {
  it('makes sound whose log-mel frames are those it was made from', async () => {
    const options = { window: WINDOW, hop: HOP / FINER, iterations: 32 };
    const sound = await griffinLim(magnitudesOf(logMel.subarray(0, 30 * BANDS), frontEnd), options);
    expect(sound).toHaveLength(WINDOW + (HOP / FINER) * (FINER * 29));
    const heard = heardIn(sound, 30);
    let [error, count] = [0, 0];
    for (let i = 2 * BANDS; i < 28 * BANDS; i++) {
      error += Math.abs(heard[i]! - logMel[i]!);
      count++;
    }
    expect(error / count).toBeLessThan(0.6);
  });

  it('gives the same sound for the same magnitudes', async () => {
    const magnitudes = magnitudesOf(logMel.subarray(0, 5 * BANDS), frontEnd);
    const options = { window: WINDOW, hop: 80, iterations: 4 };
    expect(await griffinLim(magnitudes, options)).toEqual(await griffinLim(magnitudes, options));
  });
});
