import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isMainThread, Worker, workerData } from 'node:worker_threads'

/** A turn of the main thread while a backlog drains, and a commit of the store's: milliseconds of work, and of a sync. */
const TURN_MS = 0.1
const COMMIT_MS = 2.5
const SYNC_MS = 0.3

/**
 * Keeps this thread and another busy for a while with nothing, as a drain keeps them: what any work in two threads does to an
 * application on this machine.
 *
 * @param {number} ms
 */
export async function churn(ms) {
  const ended = new Promise((resolve) => {
    new Worker(fileURLToPath(import.meta.url), { workerData: ms }).once('exit', resolve)
  })
  const endsAtMs = performance.now() + ms
  while (performance.now() < endsAtMs) {
    spin(TURN_MS)
    await turn()
  }
  await ended
}

/** @param {number} ms */
function spin(ms) {
  const endsAtMs = performance.now() + ms
  while (performance.now() < endsAtMs);
}

if (!isMainThread) {
  const cell = new Int32Array(new SharedArrayBuffer(4))
  const endsAtMs = performance.now() + workerData
  while (performance.now() < endsAtMs) {
    spin(COMMIT_MS)
    Atomics.wait(cell, 0, 0, SYNC_MS)
  }
}
