/** The Walsh–Hadamard transform of x, whose length is a power of two: unnormalised, in place; each sum is rounded to float32. */
export function walshHadamard(x: Float32Array): void {
  for (let step = 1; step < x.length; step *= 2) {
    for (let i = 0; i < x.length; i += 2 * step) {
      for (let j = i; j < i + step; j++) {
        const a = x[j]!;
        const b = x[j + step]!;
        x[j] = a + b;
        x[j + step] = a - b;
      }
    }
  }
}
