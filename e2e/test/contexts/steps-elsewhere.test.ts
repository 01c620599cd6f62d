// Queues, loaders and emitters run a task in the async context of another caller. A step that is begun through `call` belongs
// to its own call all the same.

import { EventEmitter } from 'node:events'
import { type AnyDispatchFunction, type CallContext, Dispatch, func } from '@dispatch/core'
import DataLoader from 'dataloader'
import PQueue from 'p-queue'
import t, { type Test } from 'tap'
import { EMBEDDED } from '../helpers/adapters/fixtures.js'

/** Fewer than the first slots of a function: a run that waits for a task of another call keeps its slot. */
const CALLS = 8

async function started(t: Test, functions: AnyDispatchFunction[]): Promise<Dispatch> {
  const dispatch = new Dispatch({ ...EMBEDDED, functions, store: ':memory:' })
  t.teardown(() => dispatch.close())
  await dispatch.start()
  return dispatch
}

/** Resolves with the id of the call that made it. */
const parentOf = func('parentOf', async (_: string, call: CallContext) => call.parentDispatchId)

/** The call that dispatched this one, which is part of its id. */
const note = func('note', async () => null)

/** Runs many calls of a handler concurrently. Each resolves with ids of calls to which its steps belong: its own only. */
async function checkOwners(
  t: Test,
  handler: (name: string, call: CallContext) => Promise<string[]>,
): Promise<void> {
  const main = func('main', handler)
  await started(t, [parentOf, note, main])
  const names = Array.from({ length: CALLS }, (_, n) => `call ${n}`)
  const handles = await Promise.all(names.map((name) => main.dispatch(name)))
  const owners = await Promise.all(handles.map((handle) => handle.result({ timeout: '30s' })))
  t.strictSame(
    owners.map((ids) => [...new Set(ids)]),
    handles.map(({ id }) => [id]),
  )
}

t.test('p-queue, one for all calls: tasks run when those of others end', async (t) => {
  const queue = new PQueue({ concurrency: 3 })
  await checkOwners(t, (name, call) =>
    Promise.all(['a', 'b', 'c'].map((task) => queue.add(() => call.await(parentOf, name + task)))),
  )
})

t.test('p-queue, one for all calls: gather, dispatch and sleep in a task', async (t) => {
  const queue = new PQueue({ concurrency: 3 })
  await checkOwners(t, async (name, call) => {
    const owners = await queue.add(async () => {
      await call.sleep(1)
      const gathered = await call.gather(parentOf, [name, name])
      const { id } = await call.dispatch(note)
      return [...gathered, id.slice(0, id.lastIndexOf('/'))]
    })
    return [...owners, await parentOf.await(name)]
  })
})

t.test('DataLoader, whose batches are loaded in the context of another call', async (t) => {
  let isScheduled = false
  const waiting: (() => void)[] = []
  /** Loads the batches of all calls together. */
  const batchScheduleFn = (load: () => void) => {
    waiting.push(load)
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      for (const next of waiting.splice(0)) next()
    })
  }
  await checkOwners(t, async (name, call) => {
    const loader = new DataLoader<string, string>((keys) => call.gather(parentOf, keys), { batchScheduleFn })
    return loader.loadMany([`${name} a`, `${name} b`]) as Promise<string[]>
  })
})

t.test('an emitter whose listeners run in the context of its caller', async (t) => {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  let listeners = 0
  await checkOwners(t, async (name, call) => {
    const owner = new Promise<string>((resolve) => {
      emitter.once('all are here', () => resolve(call.await(parentOf, name)))
    })
    listeners += 1
    if (listeners === CALLS) emitter.emit('all are here')
    return [await owner]
  })
})

t.test('call.await of something else is refused, with what was expected', async (t) => {
  const main = func('main', async (_: null, call: CallContext) => {
    const refusals = await Promise.allSettled([
      call.await(undefined as never),
      call.gather((() => 1) as never, []),
      call.dispatch({} as never),
    ])
    return refusals.map((refusal) => String((refusal as PromiseRejectedResult).reason))
  })
  await started(t, [main])
  t.strictSame(await (await main.dispatch(null)).result(), [
    'TypeError: call.await(fn): expected a function made by func(name, handler), got undefined',
    'TypeError: call.gather(fn): expected a function made by func(name, handler), got a function',
    'TypeError: call.dispatch(fn): expected a function made by func(name, handler), got an object',
  ])
})
