import { encodeValue } from '@dispatch/protocol/values'
import t from 'tap'
import { createMemoryStore } from '../../dist/store/memory-store.js'
import type { Store } from '../../dist/store/store.js'
import { answer, callOf, pollOf, Script, startScheduler } from '../helpers/scheduler-harness.js'

/** Parents that each call one child with a large input once `go` resolves, and the types of the inputs of the children. */
function createScript(parents: readonly string[], go: Promise<void>) {
  const given: string[] = []
  const input = encodeValue('x'.repeat(7_000_000))
  const child = { function: 'child', correlationId: 1n, concurrencyMax: 1, input }
  const script = new Script({
    child: ({ directive }) => {
      given.push(directive.case === 'input' ? directive.value.typeUrl : 'no input')
      return answer('ok')
    },
    other: () => answer('ok'),
    ...Object.fromEntries(
      parents.map((name) => [
        name,
        async ({ directive }: { directive: { case?: string | undefined } }) => {
          await go
          return directive.case === 'input' ? pollOf([], { minResults: 1, calls: [child] }) : answer('ok')
        },
      ]),
    ),
  })
  return { script, given, typeUrl: input.typeUrl }
}

t.test('D4 a child that starts early receives its input, even if the cache cannot hold it', async (t) => {
  const { script, given, typeUrl } = createScript(['parent'], Promise.resolve())
  const scheduler = await startScheduler(t, script, { isLocal: () => true, cacheBytesMax: 0 })
  const [id = ''] = await scheduler.dispatch([callOf('parent')])
  await scheduler.wait(id, 5_000)
  t.strictSame(given, [typeUrl])
})

t.test(
  'D4 a child that starts early receives its input after it was evicted during a slow commit',
  async (t) => {
    const memory = createMemoryStore()
    let gate: Promise<void> | undefined
    const store: Store = {
      ...memory,
      async commit(writes) {
        await gate
        await memory.commit(writes)
      },
    }
    const [parentsStart, startParents] = signal()
    const [gateIsOpen, openGate] = signal()
    const parents = Array.from({ length: 12 }, (_, n) => `parent${n}`)
    const { script, given, typeUrl } = createScript(parents, parentsStart)
    const scheduler = await startScheduler(t, script, { store, isLocal: () => true })
    const ids = await scheduler.dispatch(parents.map((name) => callOf(name)))
    while (script.requests.length < parents.length) await turns(1)
    gate = gateIsOpen
    const other = scheduler.dispatch([callOf('other')])
    await turns(5)
    startParents()
    await turns(50)
    openGate()
    await other
    for (const id of ids) await scheduler.wait(id, 5_000)
    t.strictSame(given, Array(parents.length).fill(typeUrl))
  },
)

function signal(): [promise: Promise<void>, resolve: () => void] {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return [promise, resolve]
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate)
}
