"""The faiss half of the cross-check. All arrays travel as raw little-endian files in one folder.

faiss_side.py data  DIR N NQ D             seeded clustered vectors: base.f32, queries.f32
faiss_side.py build DIR NAME FACTORY ...   faiss trains, fills, writes NAME.index and searches it
faiss_side.py read  DIR NAME ...           faiss reads NAME.index and searches it
Both write NAME.distances (f32) and NAME.labels (i64). `...` is D METRIC K NPROBE KFACTOR; 0 leaves a parameter alone.
"""

import sys
from pathlib import Path

import faiss
import numpy as np

METRICS = {"l2": faiss.METRIC_L2, "ip": faiss.METRIC_INNER_PRODUCT}


def make_data(folder, n, nq, d):
    rng = np.random.default_rng(20)
    centres = rng.standard_normal((40, d)) * 2
    x = centres[rng.integers(40, size=n + nq)] + rng.standard_normal((n + nq, d))
    x.astype("<f4")[:n].tofile(folder / "base.f32")
    x.astype("<f4")[n:].tofile(folder / "queries.f32")


def set_parameters(index, nprobe, k_factor):
    space = faiss.ParameterSpace()
    if nprobe:
        space.set_index_parameter(index, "nprobe", nprobe)
    if k_factor:
        space.set_index_parameter(index, "k_factor_rf", k_factor)


def search(folder, name, index, d, k, nprobe, k_factor):
    set_parameters(index, nprobe, k_factor)
    queries = np.fromfile(folder / "queries.f32", "<f4").reshape(-1, d)
    distances, labels = index.search(queries, k)
    distances.astype("<f4").tofile(folder / f"{name}.distances")
    labels.astype("<i8").tofile(folder / f"{name}.labels")


def build(folder, name, factory, d, metric, k, nprobe, k_factor):
    base = np.fromfile(folder / "base.f32", "<f4").reshape(-1, d)
    index = faiss.index_factory(d, factory, METRICS[metric])
    index.train(base)
    if factory.startswith("IDMap"):
        index.add_with_ids(base, np.arange(len(base), dtype="i8") * 3 + 1000)
    else:
        index.add(base)
    faiss.write_index(index, str(folder / f"{name}.index"))
    search(folder, name, index, d, k, nprobe, k_factor)


def read(folder, name, d, metric, k, nprobe, k_factor):
    index = faiss.read_index(str(folder / f"{name}.index"))
    assert index.metric_type == METRICS[metric], f"metric {index.metric_type}"
    search(folder, name, index, d, k, nprobe, k_factor)


def main(command, folder, *rest):
    faiss.omp_set_num_threads(1)  # small data: threads cost more than they give
    folder = Path(folder)
    if command == "data":
        make_data(folder, *map(int, rest))
    elif command == "build":
        name, factory, d, metric, *numbers = rest
        build(folder, name, factory, int(d), metric, *map(int, numbers))
    elif command == "read":
        name, d, metric, *numbers = rest
        read(folder, name, int(d), metric, *map(int, numbers))
    else:
        sys.exit(f"unknown command {command}")


main(*sys.argv[1:])
