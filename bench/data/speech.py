"""speech.py [minutes = 105] -- hours of synthesised speech as features, for bench/run.mjs.

The chain from text to features is that of the voice sample (tooling/voice-sample/make.py): this adds the texts, the
voices and the queries, of which one half comes from a voice that is not in the base and one half from the voices of the
base reading other texts. 105 minutes in all give 300,000 frames or more, 262 some 787,000.

Needs Python >= 3.10 with numpy and scipy, flite, espeak-ng, festival with the voices below, and fortunes for the texts
(Debian: flite espeak-ng festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts festvox-italp16k festvox-itapc16k
fortunes python3-scipy).
"""

import re
import sys
from multiprocessing import Pool
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tooling" / "voice-sample"))
import make  # noqa: E402

OUT = HERE.parent / ".cache" / "data" / "speech"
TEXTS = Path("/usr/share/games/fortunes")
SEED, QUERIES, PASSAGE = 20241122, 1000, 600

# Shares of the base. Different engines, sexes and speeds, so that the corpus is not one speaker's.
VOICES = [
    *[({"engine": "flite", "voice": voice}, share) for voice, share in (("slt", 30), ("rms", 30), ("kal16", 20))],
    *[({"engine": "festival", "voice": voice}, share) for voice, share in
      (("kal_diphone", 25), ("ked_diphone", 25), ("cmu_us_slt_arctic_hts", 20), ("lp_diphone", 10), ("pc_diphone", 10))],
    *[({"engine": "espeak-ng", "voice": f"en-{'us' if i % 2 else 'gb'}+{variant}", "rate": 130 + 15 * (i % 5)}, 8)
      for i, variant in enumerate(("m1", "m3", "m7", "f2", "f5", "Andy", "Linda", "croak"))],
]
UNHEARD = {"engine": "flite", "voice": "awb"}


def passages(rng):
    """Passages of some 600 characters that end with a sentence, in an order of the seed's."""
    found = []
    for path in sorted(p for p in TEXTS.iterdir() if p.is_file() and not p.suffix and "art" not in p.name):
        plain = path.read_text(encoding="utf-8", errors="ignore").replace("%", ". ")
        plain = re.sub(r"[^A-Za-z0-9.,;:?!' -]+", " ", plain)
        plain = re.sub(r"([^\w\s])(\s*[^\w\s])+", r"\1", plain)
        words, length = [], 0
        for word in plain.split():
            words.append(word[:24])
            length += len(words[-1]) + 1
            if length > PASSAGE and word[-1] in ".?!":
                found.append(" ".join(words))
                words, length = [], 0
    rng.shuffle(found)
    return found


def speak(clip):
    """The clip's samples; None where an engine stumbles over the text."""
    try:
        speech = make.synthesise(clip)
    except Exception:
        return None
    return speech if len(speech) > make.RATE and np.abs(speech).max() > 0 else None


def read_aloud(pool, voice, texts, seconds):
    """Recordings of one voice until they are that long together."""
    clips, length = [], 0.0
    while length < seconds:
        for speech in pool.map(speak, [{**voice, "text": next(texts)} for _ in range(4)]):
            if speech is not None and length < seconds:
                clips.append(speech)
                length += len(speech) / make.RATE
    return clips


def main():
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 105
    rng, filters = np.random.default_rng(SEED), make.mel_filters()
    texts = iter(passages(rng))
    total = sum(share for _, share in VOICES)

    def mels(clips):
        return [make.log_mel(audio, filters) for clip in clips for audio in make.cut(make.record(clip, rng))]

    base, heard = [], []
    with Pool() as pool:
        for voice, share in VOICES:
            base += mels(read_aloud(pool, voice, texts, 60 * minutes * share / total))
            heard += mels(read_aloud(pool, voice, texts, 30))
            print(voice["engine"], voice["voice"], sum(map(len, base)), "frames", flush=True)
        unheard = mels(read_aloud(pool, UNHEARD, texts, 300))
    corpus = np.concatenate(base)
    wide = len(make.CONTEXT) * make.MELS
    orthonormal, triangle = np.linalg.qr(rng.standard_normal((wide, wide)))
    projection = (orthonormal * np.sign(np.diag(triangle)))[:, : make.D]
    chain = (corpus.mean(axis=0), corpus.std(axis=0), projection)

    def draw(some, n):
        rows = np.concatenate([make.features(mel, *chain) for mel in some])
        return rows[rng.permutation(len(rows))[:n]]

    queries = np.concatenate([draw(unheard, QUERIES // 2), draw(heard, QUERIES - QUERIES // 2)])
    OUT.mkdir(parents=True, exist_ok=True)
    np.save(OUT / "queries.npy", queries[rng.permutation(len(queries))])
    rows = np.concatenate([make.features(mel, *chain) for mel in base])
    np.save(OUT / "base.npy", rows)
    print(f"{OUT}: {len(rows)} x {rows.shape[1]}, {len(queries)} queries")


if __name__ == "__main__":
    main()
