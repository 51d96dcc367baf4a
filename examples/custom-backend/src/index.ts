import { lancedb } from './backend.js';

export { type LanceBackendOptions, lancedb } from './backend.js';

/** What `lutra … --backend ./examples/custom-backend` takes. */
export default lancedb();
