const STOPPED = 0
const WORKING = 1
const COMMITTING = 2
const COMMITTED = 3
const FIELDS = 4

/** How long the end of a process may wait for a commit that is under way. */
const STOP_WAIT_MS_MAX = 5_000

/** Memory that the store's thread and the application's share, and that outlives both. */
export type WorkGateMemory = SharedArrayBuffer

/** What became of a commit that was not answered; `unknown`: SQLite was in the middle of its COMMIT. */
export type CommitProgress = 'done' | 'not done' | 'unknown'

export function createWorkGateMemory(): WorkGateMemory {
  return new SharedArrayBuffer(FIELDS * Int32Array.BYTES_PER_ELEMENT)
}

/**
 * Does `work` unless the process is about to end; for the store's thread.
 *
 * A thread must not be ended while it is inside a driver: libsql answers that by aborting the process.
 * First the mark, then the look, on both sides: so one of the two sees the other.
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

/** Lets no more work begin and waits, blocking, until the work under way has ended; for the application's thread. */
export function closeGate(memory: WorkGateMemory): void {
  const gate = new Int32Array(memory)
  Atomics.store(gate, STOPPED, 1)
  Atomics.wait(gate, WORKING, 1, STOP_WAIT_MS_MAX)
}

/** Notes that all of a commit is written, and its COMMIT begins; for the store's thread. */
export function markCommitting(memory: WorkGateMemory, requestId: number): void {
  Atomics.store(new Int32Array(memory), COMMITTING, requestId)
}

/** Notes that a commit is durable; for the store's thread. */
export function markCommitted(memory: WorkGateMemory, requestId: number): void {
  Atomics.store(new Int32Array(memory), COMMITTED, requestId)
}

/** What became of a commit whose thread has ended without having answered it; for the application's thread. */
export function commitProgress(memory: WorkGateMemory, requestId: number): CommitProgress {
  const gate = new Int32Array(memory)
  // Numbers of requests are kept modulo 2^32: those that are open at one time are close together.
  if (Atomics.load(gate, COMMITTED) === (requestId | 0)) return 'done'
  return Atomics.load(gate, COMMITTING) === (requestId | 0) ? 'unknown' : 'not done'
}
