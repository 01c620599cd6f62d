import { setTimeout as sleep } from 'node:timers/promises'

/** Times that garbage is collected, so that what finalizers release is collected too. */
const COLLECTIONS = 4

/** Time for the thread of the store to give back what it holds. Milliseconds. */
const PAUSE_MS = 20

/**
 * Memory of this process in bytes, once garbage is collected; needs `--expose-gc`.
 *
 * `heap` is the main thread's: objects, and the buffers that they hold. `rss` is what the process occupies, with everything
 * that the allocator keeps for later.
 */
export async function memoryInUse() {
  if (globalThis.gc === undefined)
    throw new Error('memoryInUse(): expected Node.js to be started with --expose-gc')
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    globalThis.gc()
    await sleep(PAUSE_MS)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss }
}
