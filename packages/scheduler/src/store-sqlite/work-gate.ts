const STOPPED = 0
const WORKING = 1

/** How long the end of a process may wait for a commit that is under way. */
const STOP_WAIT_MS_MAX = 5_000

/** Memory that the store's thread and the application's share. */
export type WorkGateMemory = SharedArrayBuffer

export function createWorkGateMemory(): WorkGateMemory {
  return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)
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
