"""The other side of binary.faiss.test.ts: faiss reads what was written here, searches it, and writes what it builds."""

import json
import sys

import faiss
import numpy as np

folder = sys.argv[1]
with open(f"{folder}/job.json") as f:
    job = json.load(f)
size = job["d"] // 8
base = np.fromfile(f"{folder}/base.u8", dtype=np.uint8).reshape(-1, size)
queries = np.fromfile(f"{folder}/queries.u8", dtype=np.uint8).reshape(-1, size)
faiss.omp_set_num_threads(1)


def inner(index):
    index = faiss.downcast_IndexBinary(index)
    return inner(index.index) if hasattr(index, "index") else index


def search(index, case):
    own = inner(index)
    for name in ("nprobe", "nflip"):
        if name in case:
            setattr(own, name, case[name])
    distances, labels = index.search(queries, job["k"])
    return {"distances": distances.tolist(), "labels": labels.tolist()}


for case in job["cases"]:
    name = case["name"]
    ours = faiss.read_index_binary(f"{folder}/{name}.ours.index")
    built = faiss.index_binary_factory(job["d"], case["factory"])
    built.train(base)
    if case["factory"].startswith("IDMap"):
        built.add_with_ids(base, np.arange(len(base)))
    else:
        built.add(base)
    faiss.write_index_binary(built, f"{folder}/{name}.theirs.index")
    found = {"ntotal": ours.ntotal, "ours": search(ours, case), "theirs": search(built, case)}
    own = inner(ours)
    if isinstance(own, faiss.IndexBinaryIVF) and type(own) is type(inner(built)):
        mine, other = (faiss.downcast_IndexBinary(i.quantizer) for i in (own, inner(built)))
        if isinstance(mine, faiss.IndexBinaryFlat):
            same = faiss.vector_to_array(mine.xb) == faiss.vector_to_array(other.xb)
            found["sameCentroidBytes"] = float(same.mean())
    with open(f"{folder}/{name}.json", "w") as f:
        json.dump(found, f)
