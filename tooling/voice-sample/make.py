"""make.py [out folder] -- voice features in the layout of RVC's 3_feature256, from synthesised speech.

Beside the features it keeps what turns them back into sound: the sound itself (`sound.npz`) and the numbers of the front
end (`front-end.npz`).

clips.json names the clips: which engine and voice reads which text. Every clip becomes 16 kHz mono, is cut as RVC cuts
(3.7 s slices that overlap by 0.3 s), and every slice becomes one float32 (T, 256) array, 50 frames a second. The frames
are log-mel context features, NOT the output of HuBERT or ContentVec: they have its shape, its frame rate and the slow
drift and phone clusters of speech, and nothing else of it.

All arithmetic is float64 until the last cast: another processor or BLAS then changes a value only where its float64
lies within rounding of the border between two float32 (seen: one element of 1.7 million, by its last bit). What is
random comes from the seed.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

HERE = Path(__file__).resolve().parent
SEED = 20240607
RATE = 16000
SLICE_SECONDS, OVERLAP_SECONDS = 3.7, 0.3
# 400 samples every 320: the receptive field and the stride of HuBERT's encoder, hence its number of frames.
WINDOW, HOP, FFT, MELS = 400, 320, 512, 80
CONTEXT = (-1, 0, 1, 2)
D = 256


def command(clip, text_file, wav_file):
    if clip["engine"] == "flite":
        return ["flite", "-voice", clip["voice"], "-f", text_file, "-o", wav_file]
    if clip["engine"] == "festival":
        return ["text2wave", "-eval", f"(voice_{clip['voice']})", text_file, "-o", wav_file]
    if clip["engine"] == "espeak-ng":
        return ["espeak-ng", "-v", clip["voice"], "-s", str(clip["rate"]), "-f", text_file, "-w", wav_file]
    raise SystemExit(f"clips.json: unknown engine {clip['engine']}")


def synthesise(clip):
    """The clip as float64 samples at 16 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        text_file, wav_file = f"{folder}/text.txt", f"{folder}/speech.wav"
        Path(text_file).write_text(clip["text"] + "\n", encoding="utf-8")
        subprocess.run(command(clip, text_file, wav_file), check=True, stdout=subprocess.DEVNULL)
        rate, samples = wavfile.read(wav_file)
    speech = samples.astype(np.float64) / 32768
    if rate != RATE:
        common = np.gcd(rate, RATE)
        speech = resample_poly(speech, RATE // common, rate // common)
    return speech


def record(speech, rng):
    """As a microphone would: a level of its own (-15 to -4 dBFS peak) over a noise floor (-70 to -55 dBFS)."""
    level, floor = 10 ** (rng.uniform(-15, -4) / 20), 10 ** (rng.uniform(-70, -55) / 20)
    return speech / np.abs(speech).max() * level + rng.standard_normal(len(speech)) * floor


def level_slice(audio):
    """RVC's levelling: three quarters of the way to a peak of 0.9. Makes the overlap of two slices alike, not equal."""
    return 0.75 * 0.9 * audio / np.abs(audio).max() + 0.25 * audio


def cut(audio):
    """Slices of 3.7 s every 3.4 s; what is left at the end, if 4.0 s or less, is one slice."""
    start, step = 0, round((SLICE_SECONDS - OVERLAP_SECONDS) * RATE)
    while len(audio) - start > (SLICE_SECONDS + OVERLAP_SECONDS) * RATE:
        yield level_slice(audio[start : start + round(SLICE_SECONDS * RATE)])
        start += step
    yield level_slice(audio[start:])


def mel_filters():
    """(MELS, FFT // 2 + 1): triangles, equally wide on the mel scale from 0 to 8 kHz."""
    mel_top = 2595 * np.log10(1 + RATE / 2 / 700)
    corner = 700 * (10 ** (np.linspace(0, mel_top, MELS + 2) / 2595) - 1)
    hz = np.fft.rfftfreq(FFT, 1 / RATE)[None, :]
    low, mid, high = corner[:-2, None], corner[1:-1, None], corner[2:, None]
    filters = np.clip(np.minimum((hz - low) / (mid - low), (high - hz) / (high - mid)), 0, None)
    empty = filters.sum(axis=1) == 0  # low triangles that fall between two bins
    filters[empty, np.abs(hz - mid).argmin(axis=1)[empty]] = 1
    return filters


def log_mel(audio, filters, window=np.hanning(WINDOW + 1)[:-1]):
    """(T, MELS) with T = floor((samples - 400) / 320) + 1."""
    frames = np.lib.stride_tricks.sliding_window_view(audio, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * window, FFT, axis=1)) ** 2
    return np.log(power @ filters.T + 1e-8)


def features(mel, mean, deviation, projection):
    """(T, 256): normalise each band, put four neighbouring frames side by side (edges repeated), project."""
    z = (mel - mean) / deviation
    at = np.clip(np.arange(len(z))[:, None] + np.array(CONTEXT), 0, len(z) - 1)
    return np.ascontiguousarray(z[at].reshape(len(z), -1) @ projection, dtype=np.float32)


def mu_law(audio):
    """Samples as bytes by the continuous mu-law (mu 255): 0 is -1, 128 is about 0, 255 is 1."""
    compressed = np.sign(audio) * np.log1p(255 * np.abs(np.clip(audio, -1, 1))) / np.log(256)
    return np.round((compressed + 1) * 127.5).astype(np.uint8)


def write(folder, arrays):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    digest = hashlib.sha256()
    for name in sorted(arrays):  # code-point order of the file names, with their ending, as RVC reads them
        np.save(folder / name, arrays[name], allow_pickle=False)
        digest.update(arrays[name].tobytes())
    rows = sum(len(a) for a in arrays.values())
    print(f"{folder.name}: {len(arrays)} files, {rows} frames, sha256 of the rows {digest.hexdigest()}")


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent.parent / "examples" / "voice"
    clips = json.loads((HERE / "clips.json").read_text(encoding="utf-8"))
    rng, filters = np.random.default_rng(SEED), mel_filters()
    mels, held_out, sound = {}, {}, {}
    for i, clip in enumerate(clips["folder"]):
        for j, audio in enumerate(cut(record(synthesise(clip), rng))):
            mels[f"{i}_{j}.npy"] = log_mel(audio, filters)
            sound[f"{i}_{j}"] = mu_law(audio)
    for clip in clips["heldOut"]:
        audio = level_slice(record(synthesise(clip), rng))
        held_out[f"{clip['name']}.npy"] = log_mel(audio, filters)
        sound[clip["name"]] = mu_law(audio)
    corpus = np.concatenate(list(mels.values()))
    wide = len(CONTEXT) * MELS
    orthonormal, triangle = np.linalg.qr(rng.standard_normal((wide, wide)))
    projection = (orthonormal * np.sign(np.diag(triangle)))[:, :D]
    chain = (corpus.mean(axis=0), corpus.std(axis=0), projection)
    write(out / "3_feature256", {name: features(mel, *chain) for name, mel in mels.items()})
    write(out / "held-out", {name: features(mel, *chain) for name, mel in held_out.items()})
    np.savez_compressed(out / "sound.npz", **sound)
    mean, deviation = (a.astype(np.float32) for a in chain[:2])
    # float16 would do for listening, but the features would no longer be what these numbers make
    front_end = {"mean": mean, "deviation": deviation, "projection": projection.astype(np.float32)}
    np.savez_compressed(out / "front-end.npz", **front_end, filters=filters.astype(np.float32))


if __name__ == "__main__":
    main()