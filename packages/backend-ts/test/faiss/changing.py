"""The other side of changing.faiss.test.ts: faiss removes, merges and searches ranges in the indexes that the test wrote.

    changing.py <folder>    job.json, <name>.index, query.f32  ->  <name>.{removed,merged}.index, <name>.range.json
"""
import json
import os
import sys

import faiss
import numpy as np

folder = sys.argv[1]
faiss.omp_set_num_threads(1)


def path(name):
    return os.path.join(folder, name)


with open(path("job.json")) as f:
    job = json.load(f)
queries = np.fromfile(path("query.f32"), np.float32).reshape(-1, job["d"])
gone = np.array(job["gone"], np.int64)
for case in job["cases"]:
    name = case["name"]
    if case["removes"]:
        index = faiss.read_index(path(f"{name}.index"))
        index.remove_ids(faiss.IDSelectorBatch(gone))
        faiss.write_index(index, path(f"{name}.removed.index"))
    if case["merges"]:
        index = faiss.read_index(path(f"{name}.index"))
        index.merge_from(faiss.read_index(path(f"{name}.index")), case["addId"])
        faiss.write_index(index, path(f"{name}.merged.index"))
    if case["ranges"]:
        index = faiss.read_index(path(f"{name}.index"))
        lims, distances, labels = index.range_search(queries, case["radius"])
        with open(path(f"{name}.range.json"), "w") as f:
            json.dump({"lims": lims.tolist(), "distances": distances.tolist(), "labels": labels.tolist()}, f)
