const STOPPED = 0
const WORKING = 1
const COMMITTING = 2
const COMMITTED = 3
const FIELDS = 4

/** Maximum time for which the end of the process waits for a commit in progress. */
const STOP_WAIT_MS_MAX = 5_000

/** Memory shared by the store's thread and the application's thread. It outlives both. */
export type WorkGateMemory = SharedArrayBuffer

/** The outcome of a commit without a reply; `unknown`: SQLite was executing its COMMIT. */
export type CommitProgress = 'done' | 'not done' | 'unknown'

export function createWorkGateMemory(): WorkGateMemory {
  return new SharedArrayBuffer(FIELDS * Int32Array.BYTES_PER_ELEMENT)
}

/**
 * Runs `work` unless the process is about to end; called by the store's thread.
 *
 * A thread must not be terminated inside a driver: libsql then aborts the process. Both sides set their mark before they
 * read the other's, so at least one of them sees the other.
 */
export function passGate<T>(memory: WorkGateMemory, work: () => T): T | undefined {
  const gate = new Int32Array(memory)
  Atomics.store(gate, WORKING, 1)
  try {
    return Atomics.load(gate, STOPPED) === 1 ? undefined : work()
  } finally {
    Atomics.store(gate, WORKING, 0)
    Atomics.notify(gate, WORKING)
  }
}

/** Prevents further work and blocks until the current work has ended; called by the application's thread. */
export function closeGate(memory: WorkGateMemory): void {
  const gate = new Int32Array(memory)
  Atomics.store(gate, STOPPED, 1)
  Atomics.wait(gate, WORKING, 1, STOP_WAIT_MS_MAX)
}

/** Records that a commit is fully written and its COMMIT begins; called by the store's thread. */
export function markCommitting(memory: WorkGateMemory, requestId: number): void {
  Atomics.store(new Int32Array(memory), COMMITTING, requestId)
}

/** Records that a commit is durable; called by the store's thread. */
export function markCommitted(memory: WorkGateMemory, requestId: number): void {
  Atomics.store(new Int32Array(memory), COMMITTED, requestId)
}

/** The outcome of a commit whose thread has ended without a reply; called by the application's thread. */
export function commitProgress(memory: WorkGateMemory, requestId: number): CommitProgress {
  const gate = new Int32Array(memory)
  // Request numbers are stored modulo 2^32: concurrently open ones are close together.
  if (Atomics.load(gate, COMMITTED) === (requestId | 0)) return 'done'
  return Atomics.load(gate, COMMITTING) === (requestId | 0) ? 'unknown' : 'not done'
}
