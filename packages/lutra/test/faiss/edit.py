"""The other side of edit.faiss.test.ts: faiss edits the indexes that the test wrote.

    edit.py <folder>    job.json, query.f32, moved.f32, <name>.index
        ->  <name>.found.json, <name>.{updated,range,modulo,elements,fraction,lists,removed}.index
"""

import json
import os
import sys

import faiss
import numpy as np

os.chdir(sys.argv[1])
faiss.omp_set_num_threads(1)
with open("job.json") as f:
    job = json.load(f)
d, k = job["d"], job["k"]
queries = np.fromfile("query.f32", np.float32).reshape(-1, d)
moved = np.fromfile("moved.f32", np.float32).reshape(-1, d)


def subset(name, ivf, kind, a1, a2):
    other = faiss.clone_index(ivf)
    other.reset()
    ivf.copy_subset_to(other, kind, a1, a2)
    faiss.write_index(other, name)


for case in job["cases"]:
    name = case["name"]
    index = faiss.read_index(f"{name}.index")
    if case["ivf"]:
        index.nprobe = 3
        # reconstruction goes by it; it is not for the file
        index.make_direct_map()
    distances, labels, vectors = index.search_and_reconstruct(queries, k)
    with open(f"{name}.found.json", "w") as f:
        json.dump({"distances": distances.ravel().tolist(), "labels": labels.ravel().tolist(), "vectors": vectors.ravel().tolist()}, f)
    if not case["ivf"]:
        continue
    index.update_vectors(np.array(job["updated"], dtype="int64"), moved)
    faiss.write_index(index, f"{name}.updated.index")
    index = faiss.read_index(f"{name}.index")
    subset(f"{name}.range.index", index, faiss.InvertedLists.SUBSET_TYPE_ID_RANGE, *job["range"])
    subset(f"{name}.modulo.index", index, faiss.InvertedLists.SUBSET_TYPE_ID_MOD, *job["modulo"])
    subset(f"{name}.elements.index", index, faiss.InvertedLists.SUBSET_TYPE_ELEMENT_RANGE, *job["elements"])
    subset(f"{name}.fraction.index", index, faiss.InvertedLists.SUBSET_TYPE_INVLIST_FRACTION, *job["fraction"])
    subset(f"{name}.lists.index", index, faiss.InvertedLists.SUBSET_TYPE_INVLIST, *job["lists"])
    index.set_direct_map_type(faiss.DirectMap.Hashtable)
    index.remove_ids(faiss.IDSelectorArray(np.array(job["removed"], dtype="int64")))
    faiss.write_index(index, f"{name}.removed.index")
