import { DispatchError } from '@dispatch/protocol'
import { CallState } from '@dispatch/protocol/messages'
import t from 'tap'
import { createMemoryStore } from '../../dist/store/memory-store.js'
import type { Store } from '../../dist/store/store.js'
import { answer, callOf, errorOf, pollOf, Script, startScheduler } from '../helpers/scheduler-harness.js'

t.test('D4 children that run in this process share the commit of their parent', async (t) => {
  const store = createMemoryStore()
  let commits = 0
  const counting: Store = {
    ...store,
    commit: async (writes) => {
      commits += 1
      await store.commit(writes)
    },
  }
  let steps = 0
  const script = new Script({
    child: () => answer('ok', 1),
    parent: () => (steps++ < 50 ? pollOf(['child']) : answer('ok')),
  })
  const scheduler = await startScheduler(t, script, { store: counting, isLocal: () => true })
  const [id] = await scheduler.dispatch([callOf('parent')])
  await scheduler.wait(id as string, 5_000)
  t.ok(commits <= 55, `one commit per step, got ${commits}`)
})

t.test('D6 children that run in this process do not block the event loop', async (t) => {
  let isOver = false
  let begun = 0
  let begunInTurn = 0
  let mostInTurn = 0
  const turn = (): void => {
    mostInTurn = Math.max(mostInTurn, begunInTurn)
    begunInTurn = 0
    if (!isOver) setImmediate(turn)
  }
  const script = new Script({
    child: () => {
      begun += 1
      begunInTurn += 1
      return answer('ok')
    },
    parent: (request) =>
      request.directive.case === 'input'
        ? pollOf(Array.from({ length: 1_000 }, () => 'child'))
        : answer('ok'),
  })
  const scheduler = await startScheduler(t, script, { isLocal: () => true })
  turn()
  const [id] = await scheduler.dispatch([callOf('parent')])
  const end = await scheduler.wait(id as string, 30_000)
  isOver = true
  t.match(end, { state: CallState.DONE, status: 1 })
  t.equal(begun, 1_000)
  t.ok(mostInTurn <= 200, `${mostInTurn} runs began within one turn of the event loop`)
})

t.test('D6 ends of runs are committed while durable effects are still carried out', async (t) => {
  const store = createMemoryStore()
  let begun = 0
  /** Number of writes of each commit during which runs began. */
  const overlapping: number[] = []
  const slow: Store = {
    ...store,
    commit: async (writes) => {
      const begunBefore = begun
      await store.commit(writes)
      for (let turns = 0; turns < 50; turns += 1) await new Promise(setImmediate)
      if (begun > begunBefore) overlapping.push(writes.length)
    },
  }
  const script = new Script({
    f: () => {
      begun += 1
      return answer('ok', begun)
    },
  })
  const scheduler = await startScheduler(t, script, { store: slow })
  const ids = await scheduler.dispatch(Array.from({ length: 5_000 }, () => callOf('f')))
  await Promise.all(ids.map((id) => scheduler.wait(id, 30_000)))
  t.equal(begun, 5_000)
  t.ok(overlapping.length > 0, 'a commit does not wait until every durable run has begun')
  t.ok(
    overlapping.every((count) => count >= 256),
    `it waits for enough writes to share a sync, got ${overlapping}`,
  )
})

t.test(
  'D4 children that are recorded already do not start early, so a single call starts in its turn',
  async (t) => {
    const store = createMemoryStore()
    const slow: Store = {
      ...store,
      commit: async (writes) => {
        await store.commit(writes)
        for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate)
      },
    }
    let open = (): void => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    let begun = 0
    let begunBeforeSingle: number | undefined
    const script = new Script({
      f: async ({ dispatchId }) => {
        begun += 1
        if (dispatchId === 'single') begunBeforeSingle = begun
        else await gate
        return answer('ok')
      },
      parent: (request) =>
        request.directive.case === 'input' ? pollOf(Array.from({ length: 1_000 }, () => 'f')) : answer('ok'),
    })
    const scheduler = await startScheduler(t, script, { store: slow, isLocal: () => true })
    const parents = await scheduler.dispatch(Array.from({ length: 8 }, () => callOf('parent')))
    const isStanding = () => scheduler.stats().some(({ waiting, inFlight }) => waiting + inFlight === 8_000)
    while (!isStanding()) await new Promise(setImmediate)
    await scheduler.get('none')
    open()
    const begunBefore = begun
    await scheduler.dispatch([{ ...callOf('f'), dispatchId: 'single' }])
    await scheduler.wait('single', 30_000)
    const between = (begunBeforeSingle as number) - begunBefore
    t.ok(between <= 1_000, `${between} runs began before it, and the limit is 1,000 at most`)
    for (const id of parents) t.match(await scheduler.wait(id, 30_000), { status: 1 })
  },
)

t.test(
  'D5 waiters are rejected when the store fails permanently while effects are carried out',
  async (t) => {
    const store = createMemoryStore()
    let reads = 0
    let isLast = (_refusal: Promise<unknown>): void => {}
    const refusal = new Promise<unknown>((resolve) => {
      isLast = resolve
    })
    const unreadable: Store = {
      ...store,
      readPayloads: async (ids) => {
        reads += 1
        if (reads < 1_100) return store.readPayloads(ids)
        if (reads === 1_100) isLast(errorOf(scheduler.dispatch([callOf('f')])))
        throw new DispatchError('permanent', 'the disk is gone')
      },
    }
    const script = new Script({ f: () => answer('ok') })
    const scheduler = await startScheduler(t, script, { store: unreadable, cacheBytesMax: 0 })
    const many = () => Array.from({ length: 1_000 }, () => callOf('f'))
    const ids = await scheduler.dispatch(many())
    // Afterwards the adaptive limit allows more concurrent runs than are started in one turn.
    await Promise.all(ids.map((id) => scheduler.wait(id, 30_000)))
    await scheduler.dispatch(many())
    t.match(await refusal, { name: 'PermanentError' })
  },
)
