export { formatBytes } from '@lutra/report/data';

const COUNT = new Intl.NumberFormat('en-US');

/** `138,204`. */
export function formatCount(n: number): string {
  return COUNT.format(n);
}

/** `12.3 ms`, `1.24 s`, `3 min 4 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${(seconds * 1000).toFixed(seconds < 0.01 ? 2 : 0)} ms`;
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A distance in as many digits as float32 has. */
export function formatDistance(distance: number): string {
  return String(Number(distance.toPrecision(7)));
}
