// A thread that kills its process a short time after it is triggered, regardless of the state of the other threads.
import { workerData } from 'node:worker_threads'

const { trigger, delayUs } = workerData as { trigger: SharedArrayBuffer; delayUs: number }
Atomics.wait(new Int32Array(trigger), 0, 0)
const untilMs = performance.now() + delayUs / 1_000
while (performance.now() < untilMs);
process.kill(process.pid, 'SIGKILL')
