"""What faiss reads of a tuned file, and finds by it as it is: index, queries.npy, k."""
import json
import sys

import faiss
import numpy as np

path, queries, k = sys.argv[1], sys.argv[2], int(sys.argv[3])
# a downcast index does not keep the one it was made of
owner = faiss.read_index(path)
index = faiss.downcast_index(owner)
x = np.load(queries)
inner = index
k_factor = None
if isinstance(index, faiss.IndexRefine):
    k_factor = index.k_factor
    inner = faiss.downcast_index(index.base_index)
_, labels = index.search(x, k)
print(json.dumps({
    "nprobe": getattr(inner, "nprobe", None),
    "k_factor": k_factor,
    "efSearch": inner.hnsw.efSearch if hasattr(inner, "hnsw") else None,
    "labels": labels.tolist(),
}))
