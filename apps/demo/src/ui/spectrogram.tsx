import { useEffect, useRef } from 'preact/hooks';

/** Dark water to sand, in even steps of lightness. */
const RAMP = [
  [13, 27, 42],
  [16, 62, 84],
  [22, 104, 115],
  [82, 148, 122],
  [183, 186, 120],
  [250, 222, 156],
] as const;

function colour(part: number): readonly [number, number, number] {
  const at = Math.min(Math.max(part, 0), 1) * (RAMP.length - 1);
  const low = Math.min(Math.floor(at), RAMP.length - 2);
  const mix = at - low;
  const [a, b] = [RAMP[low]!, RAMP[low + 1]!];
  return [a[0] + mix * (b[0] - a[0]), a[1] + mix * (b[1] - a[1]), a[2] + mix * (b[2] - a[2])];
}

interface SpectrogramProps {
  /** Log-mel, `(frames, bands)`. */
  readonly values: Float32Array;
  readonly bands: number;
  readonly low: number;
  readonly high: number;
  readonly label: string;
}

/** Log-mel frames as a picture: time to the right, pitch upwards. */
export function Spectrogram({ values, bands, low, high, label }: SpectrogramProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frames = values.length / bands;
  useEffect(() => {
    const target = canvas.current?.getContext('2d');
    if (!target) return;
    const image = target.createImageData(frames, bands);
    for (let t = 0; t < frames; t++) {
      for (let band = 0; band < bands; band++) {
        const [r, g, b] = colour((values[t * bands + band]! - low) / (high - low));
        image.data.set([r, g, b, 255], 4 * ((bands - 1 - band) * frames + t));
      }
    }
    target.putImageData(image, 0, 0);
  }, [values, bands, low, high, frames]);
  return <canvas ref={canvas} width={frames} height={bands} role="img" aria-label={label} />;
}
