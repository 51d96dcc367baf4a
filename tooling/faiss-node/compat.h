// faiss 1.7.3 has idx_t inside of Index only; faiss-node expects that of 1.7.4.
#include <faiss/Index.h>
namespace faiss {
using idx_t = Index::idx_t;
}
