"""The other side of support-table.faiss.test.ts: faiss builds every example of the table, and writes it.

    support-table.py <folder> <d>      jobs.json  ->  <i>.faiss, answers.json

A job is {"example", "metric"}; its answer {"className": its outermost class} or {"fault": what faiss said}.
"""
import json
import os
import sys

import faiss
import numpy as np

folder, d = sys.argv[1], int(sys.argv[2])
faiss.omp_set_num_threads(1)
METRICS = {
    "ip": faiss.METRIC_INNER_PRODUCT,
    "l2": faiss.METRIC_L2,
    "l1": faiss.METRIC_L1,
    "linf": faiss.METRIC_Linf,
    "lp": faiss.METRIC_Lp,
    "canberra": faiss.METRIC_Canberra,
    "braycurtis": faiss.METRIC_BrayCurtis,
    "jensenshannon": faiss.METRIC_JensenShannon,
    "jaccard": faiss.METRIC_Jaccard,
    "nanEuclidean": faiss.METRIC_NaNEuclidean,
    "gower": faiss.METRIC_GOWER,
}
ADDED = 150
# Codecs and coarse quantizers: faiss trains and writes them, and neither adds nor searches, or has no place in the file
# for what is added (ZnLattice).
CODECS = ("Residual", "MinMax", "RCQ", "LSCQ", "ZnLattice")


def plain(index):
    """Without polysemous training, which takes a hundred times as long as the rest; and p of lp, which no string says."""
    index = faiss.downcast_index(index)
    if index.metric_type == faiss.METRIC_Lp:
        index.metric_arg = 3
    if hasattr(index, "do_polysemous_training"):
        index.do_polysemous_training = False
    for child in ("index", "base_index", "storage", "quantizer"):
        below = getattr(index, child, None)
        if isinstance(below, faiss.Index):
            plain(below)


def run(i, job, x):
    example = job["example"]
    # the name of what the factory gave owns the index
    owner = faiss.index_factory(d, example, METRICS[job["metric"]])
    plain(owner)
    index = faiss.downcast_index(owner)
    name = type(index).__name__
    index.train(x)
    if not example.startswith(CODECS):
        if "IDMap" in example:
            index.add_with_ids(x[:ADDED], np.arange(ADDED) * 7)
        else:
            index.add(x[:ADDED])
        labels = index.search(x[:3], 5)[1]
        if (labels < 0).all():
            raise RuntimeError("finds nothing")
    if example.startswith("LSCQ"):
        return {"className": name}
    faiss.write_index(index, os.path.join(folder, f"{i}.faiss"))
    return {"className": name}


rng = np.random.default_rng(7)
normal = rng.normal(size=(1040, d)).astype("float32")
positive = np.abs(normal) / np.abs(normal).sum(axis=1, keepdims=True)
answers = []
for i, job in enumerate(json.load(open(os.path.join(folder, "jobs.json")))):
    try:
        answers.append(run(i, job, normal if job["metric"] in ("ip", "l2") else positive))
    except Exception as e:
        answers.append({"fault": str(e)})
json.dump(answers, open(os.path.join(folder, "answers.json"), "w"))
