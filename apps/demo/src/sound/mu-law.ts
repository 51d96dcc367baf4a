/** What a byte of the continuous mu-law (mu 255) stands for, -1 to 1. */
const TABLE = Float32Array.from({ length: 256 }, (_, byte) => {
  const y = byte / 127.5 - 1;
  return (Math.sign(y) * (256 ** Math.abs(y) - 1)) / 255;
});

/** Samples, -1 to 1, of bytes as `tooling/voice-sample/make.py` writes them. */
export function decodeMuLaw(bytes: Uint8Array): Float32Array {
  return Float32Array.from(bytes, (byte) => TABLE[byte]!);
}
