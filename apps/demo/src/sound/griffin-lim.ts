/*
 * Griffin and Lim 1984, "Signal estimation from modified short-time Fourier transform", with the momentum of Perraudin,
 * Balazs and Søndergaard 2013. Starts from phase 0 turned by the hop, so that the same magnitudes give the same sound.
 */
import FFT from 'fft.js';

const SIZE = 512;
const BINS = SIZE / 2 + 1;
const MOMENTUM = 0.99;
const LEAST = 1e-9;

export interface GriffinLimOptions {
  /** Samples of a Hann window, at most 512. */
  readonly window: number;
  /** Samples from one frame to the next. */
  readonly hop: number;
  readonly iterations: number;
  readonly onProgress?: (done: number) => void | Promise<void>;
}

/** Samples whose short-time spectra have nearly the magnitudes `(frames, 257)`; as loud as these are. */
export async function griffinLim(
  magnitudes: Float32Array,
  options: GriffinLimOptions,
): Promise<Float32Array> {
  const { window, hop, iterations, onProgress } = options;
  const frames = magnitudes.length / BINS;
  const transform = new ShortTime(frames, window, hop);
  let spectra = startingPhases(magnitudes, frames, hop);
  let before: Float64Array = new Float64Array(spectra.length);
  for (let i = 0; i < iterations; i++) {
    const next = transform.spectra(transform.samples(spectra));
    spectra = withMagnitudes(next, before, magnitudes);
    before = next;
    await onProgress?.(i + 1);
  }
  return Float32Array.from(transform.samples(spectra));
}

function startingPhases(magnitudes: Float32Array, frames: number, hop: number): Float64Array {
  const spectra = new Float64Array(frames * BINS * 2);
  for (let t = 0; t < frames; t++) {
    for (let bin = 0; bin < BINS; bin++) {
      const at = t * BINS + bin;
      const phase = (2 * Math.PI * bin * hop * t) / SIZE;
      spectra[2 * at] = magnitudes[at]! * Math.cos(phase);
      spectra[2 * at + 1] = magnitudes[at]! * Math.sin(phase);
    }
  }
  return spectra;
}

/** The phases of `next`, carried on in the direction that they came from, with the magnitudes wanted. */
function withMagnitudes(next: Float64Array, before: Float64Array, magnitudes: Float32Array): Float64Array {
  const out = new Float64Array(next.length);
  for (let at = 0; at < magnitudes.length; at++) {
    const re = next[2 * at]! + MOMENTUM * (next[2 * at]! - before[2 * at]!);
    const im = next[2 * at + 1]! + MOMENTUM * (next[2 * at + 1]! - before[2 * at + 1]!);
    const scale = magnitudes[at]! / Math.max(Math.hypot(re, im), LEAST);
    out[2 * at] = re * scale;
    out[2 * at + 1] = im * scale;
  }
  return out;
}

/** Short-time spectra of samples and back, `(frames, 257)` pairs of real and imaginary part. */
class ShortTime {
  readonly #fft = new FFT(SIZE);
  readonly #input = new Array<number>(SIZE).fill(0);
  readonly #complex: number[] = this.#fft.createComplexArray();
  readonly #result: number[] = this.#fft.createComplexArray();
  readonly #window: Float64Array;
  /** The sum of the squared windows over each sample. */
  readonly #weights: Float64Array;

  constructor(
    readonly frames: number,
    window: number,
    readonly hop: number,
  ) {
    this.#window = Float64Array.from(
      { length: window },
      (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / window),
    );
    this.#weights = new Float64Array(window + hop * (frames - 1));
    for (let t = 0; t < frames; t++) {
      for (let i = 0; i < window; i++) this.#weights[t * hop + i]! += this.#window[i]! ** 2;
    }
  }

  spectra(samples: Float64Array): Float64Array {
    const out = new Float64Array(this.frames * BINS * 2);
    for (let t = 0; t < this.frames; t++) {
      this.#window.forEach((w, i) => {
        this.#input[i] = w * samples[t * this.hop + i]!;
      });
      this.#fft.realTransform(this.#result, this.#input);
      for (let i = 0; i < 2 * BINS; i++) out[t * BINS * 2 + i] = this.#result[i]!;
    }
    return out;
  }

  samples(spectra: Float64Array): Float64Array {
    const out = new Float64Array(this.#weights.length);
    for (let t = 0; t < this.frames; t++) {
      for (let i = 0; i < 2 * BINS; i++) this.#complex[i] = spectra[t * BINS * 2 + i]!;
      this.#fft.completeSpectrum(this.#complex);
      this.#fft.inverseTransform(this.#result, this.#complex);
      this.#window.forEach((w, i) => {
        out[t * this.hop + i]! += w * this.#result[2 * i]!;
      });
    }
    // at the very ends there is next to no window to divide by
    for (let i = 0; i < out.length; i++) out[i]! /= Math.max(this.#weights[i]!, 0.05);
    return out;
  }
}
