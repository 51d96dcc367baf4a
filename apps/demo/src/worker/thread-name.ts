/** The name of a worker that is a thread of the engine. */
export const THREAD_NAME = 'lutra-thread';
