import { Worker } from 'node:worker_threads'
import t from 'tap'
import {
  closeGate,
  commitProgress,
  createWorkGateMemory,
  markCommitted,
  markCommitting,
  passGate,
} from '../../../dist/store/sqlite/thread/work-gate.js'

const STARTED = 0
const ENDED = 1

t.test('work is carried out, and its result returned, while the gate is open', async (t) => {
  const gate = createWorkGateMemory()
  t.equal(
    passGate(gate, () => 'done'),
    'done',
  )
  t.throws(
    () =>
      passGate(gate, () => {
        throw new Error('no')
      }),
    { message: 'no' },
  )
})

t.test('no work begins once the gate is closed', async (t) => {
  const gate = createWorkGateMemory()
  closeGate(gate)
  let isDone = false
  t.equal(
    passGate(gate, () => {
      isDone = true
    }),
    undefined,
  )
  t.notOk(isDone)
})

t.test('closing the gate waits until the work under way has ended', async (t) => {
  const gate = createWorkGateMemory()
  const states = new Int32Array(new SharedArrayBuffer(8))
  const thread = new Worker(
    `const { workerData: { gate, states, module } } = require('node:worker_threads')
     import(module).then(({ passGate }) => passGate(gate, () => {
       Atomics.store(states, ${STARTED}, 1)
       Atomics.notify(states, ${STARTED})
       Atomics.wait(states, ${ENDED}, 0, 50)
       Atomics.store(states, ${ENDED}, 1)
     }))`,
    {
      eval: true,
      workerData: {
        gate,
        states,
        module: import.meta.resolve('../../../dist/store/sqlite/thread/work-gate.js'),
      },
    },
  )
  // The thread cannot start while this one is blocked.
  await new Promise((resolve) => thread.once('online', resolve))
  Atomics.wait(states, STARTED, 0)
  closeGate(gate)
  t.equal(states[ENDED], 1)
  await thread.terminate()
})

t.test('what became of a commit that was not answered', async (t) => {
  const gate = createWorkGateMemory()
  const numbers = [7, 2 ** 32 + 7, 2 ** 31]
  for (const id of numbers) {
    t.equal(commitProgress(gate, id), 'not done', `${id} has not begun`)
    markCommitting(gate, id)
    t.equal(commitProgress(gate, id), 'unknown', `${id} was in SQLite's hands`)
    markCommitted(gate, id)
    t.equal(commitProgress(gate, id), 'done', `${id} is durable`)
    t.equal(commitProgress(gate, id + 1), 'not done', `and ${id + 1} has not begun`)
    markCommitting(gate, 0)
    markCommitted(gate, 0)
  }
})
