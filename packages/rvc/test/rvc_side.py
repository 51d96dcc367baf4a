"""What RVC 2.2.231006 does with faiss and numpy, for the tests: `features <exp>` or `convert <index> <feats> <out folder>`."""

import os
import sys

import faiss
import numpy as np


def features(exp):
    """big_npy before the shuffle, and the index that RVC would train on it."""
    folder = f"{exp}/3_feature256"
    big_npy = np.concatenate([np.load(f"{folder}/{name}") for name in sorted(list(os.listdir(folder)))], 0)
    n_ivf = min(int(16 * np.sqrt(big_npy.shape[0])), big_npy.shape[0] // 39)
    np.save(f"{exp}/big_npy.npy", big_npy)
    index = faiss.index_factory(256, "IVF%s,Flat" % n_ivf)
    faiss.extract_index_ivf(index).nprobe = 1
    index.train(big_npy)
    for i in range(0, big_npy.shape[0], 8192):
        index.add(big_npy[i : i + 8192])
    faiss.write_index(index, f"{exp}/added_IVF{n_ivf}_Flat_nprobe_1_exp_v1.index.faiss")


def convert(path, feats, out):
    """The retrieval lines of the pipeline, and what they work on."""
    index = faiss.read_index(path)
    big_npy = index.reconstruct_n(0, index.ntotal)
    x = np.load(feats)
    score, ix = index.search(x, k=8)
    with np.errstate(all="ignore"):
        weight = np.square(1 / score)
        weight /= weight.sum(axis=1, keepdims=True)
        npy = np.sum(big_npy[ix] * np.expand_dims(weight, axis=2), axis=1)
    np.save(f"{out}/big_npy.npy", big_npy)
    np.save(f"{out}/score.npy", score)
    np.save(f"{out}/ix.npy", ix)
    for rate in (0.3, 0.75, 1):
        # torch turns the python scalars into float32
        np.save(f"{out}/feats_{rate}.npy", npy * np.float32(rate) + np.float32(1 - rate) * x)


{"features": features, "convert": convert}[sys.argv[1]](*sys.argv[2:])
