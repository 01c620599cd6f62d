import type { Endpoint, RunOutcome } from '@dispatch/protocol'
import {
  type Call,
  CallSchema,
  CallState,
  create,
  type RunRequest,
  RunResponseSchema,
} from '@dispatch/protocol/messages'
import { decodeValue, encodeValue } from '@dispatch/protocol/values'
import { createMemoryStore, createScheduler, type SchedulerOptions } from '@dispatch/scheduler'
import t, { type Test } from 'tap'
import { RunBytes, type RunReservation } from '../../dist/runs/run-bytes.js'

const MB = 1_000_000

t.test('payloads are limited per function, and functions do not wait for each other', async (t) => {
  const bytes = new RunBytes(10 * MB)
  const first = bytes.reserve('a', 6 * MB) as RunReservation
  const second = bytes.reserve('a', 6 * MB) as Promise<RunReservation>
  const third = bytes.reserve('a', 1 * MB) as Promise<RunReservation>
  t.ok(second instanceof Promise)
  t.ok(third instanceof Promise, 'a smaller run does not overtake')
  t.notOk(bytes.reserve('b', 6 * MB) instanceof Promise)
  first.release()
  const [reservation] = await Promise.all([second, third])
  t.ok(bytes.reserve('a', 6 * MB) instanceof Promise)
  reservation.release()
})

t.test('small payloads are not counted, and a single run is always admitted, however large', async (t) => {
  const bytes = new RunBytes(1 * MB)
  t.equal(bytes.reserve('a', 1_000), undefined)
  const giant = bytes.reserve('a', 100 * MB) as RunReservation
  t.notOk(giant instanceof Promise)
  t.equal(bytes.reserve('a', 1_000), undefined, 'small payloads do not wait')
  giant.release()
})

t.test('large answers are expected from a function that gave them, until it no longer does', async (t) => {
  const bytes = new RunBytes(10 * MB)
  bytes.observe('a', 4 * MB)
  const reservations = [bytes.reserve('a', 0), bytes.reserve('a', 0)] as RunReservation[]
  t.ok(bytes.reserve('a', 0) instanceof Promise, 'three times 4 MB is more than 10 MB')
  for (const reservation of reservations) {
    reservation.recordAnswer(10)
    reservation.release()
  }
  for (let run = 0; run < 100; run += 1) bytes.observe('a', 10)
  t.equal(bytes.reserve('a', 0), undefined)
})

t.test('runs with large inputs of one function wait for each other, and other runs do not', async (t) => {
  const running = new Map<string, number>()
  let most = 0
  const held: (() => void)[] = []
  const run: Endpoint['run'] = async ({ function: name }) => {
    running.set(name, (running.get(name) ?? 0) + 1)
    most = Math.max(most, running.get('large') ?? 0)
    await new Promise<void>((resolve) => held.push(resolve))
    running.set(name, (running.get(name) ?? 0) - 1)
    return exit('ok')
  }
  for (const cacheBytesMax of [1, 64 * MB]) {
    const scheduler = await startScheduler(t, { run }, { runBytesMax: 1 * MB, cacheBytesMax })
    const large = Array.from({ length: 6 }, () => callOf('large', 'x'.repeat(400_000)))
    const ids = await scheduler.dispatch([...large, callOf('small', 'x'), callOf('small', 'x')])
    await until(() => (running.get('large') ?? 0) === 2 && (running.get('small') ?? 0) === 2)
    // The limit holds whatever the order in which runs end.
    const done = Promise.all(ids.map((id) => scheduler.wait(id, 60_000)))
    let isDone = false
    void done.then(() => {
      isDone = true
    })
    while (!isDone) {
      held.shift()?.()
      await new Promise(setImmediate)
    }
    t.strictSame(new Set((await done).map((call) => call?.state)), new Set([CallState.DONE]))
    t.equal(most, 2)
  }
})

t.test('a run that is cancelled while it waits for others is never sent', async (t) => {
  const inputs: unknown[] = []
  let release = (): void => {}
  const run: Endpoint['run'] = async (request) => {
    inputs.push(String(inputOf(request)).at(-1))
    await new Promise<void>((resolve) => {
      release = resolve
    })
    return exit('ok')
  }
  const scheduler = await startScheduler(t, { run }, { runBytesMax: 1 })
  const input = 'x'.repeat(100_000)
  const [first = '', second = '', third = ''] = await scheduler.dispatch(
    ['1', '2', '3'].map((n) => callOf('large', input + n)),
  )
  await until(() => inputs.length === 1)
  await scheduler.cancel(second)
  release()
  await scheduler.wait(first, 60_000)
  await until(() => inputs.length === 2)
  release()
  t.match(await scheduler.wait(third, 60_000), { state: CallState.DONE, status: 1 })
  t.strictSame(inputs, ['1', '3'])
})

t.test('results too large for one run are delivered with several, each once and in order', async (t) => {
  const children = 7
  const received: number[][] = []
  const run: Endpoint['run'] = async (request) => {
    const { function: name, directive } = request
    if (name === 'child') return exit('x'.repeat(3 * MB) + inputOf(request))
    const results = directive.case === 'pollResult' ? directive.value.results : []
    if (directive.case === 'pollResult')
      received.push(results.map(({ output }) => Number(String(decodeValue(output)).slice(3 * MB))))
    const left = children - received.flat().length
    if (left === 0) return exit('all')
    const names = directive.case === 'input' ? Array.from({ length: children }, (_, n) => n) : []
    return poll(names, left)
  }
  for (const cacheBytesMax of [1, 64 * MB]) {
    received.length = 0
    const scheduler = await startScheduler(t, { run }, { cacheBytesMax })
    const [id = ''] = await scheduler.dispatch([callOf('parent', '')])
    const call = await scheduler.wait(id, 60_000)
    t.equal(decodeValue(call?.result?.output), 'all')
    t.strictSame(received.flat().sort(), [0, 1, 2, 3, 4, 5, 6])
    t.strictSame(
      received.map((results) => results.length),
      [2, 2, 2, 1],
      'two times 3 MB fit into 8 MB',
    )
  }
})

async function startScheduler(t: Test, endpoint: Endpoint, options: Partial<SchedulerOptions>) {
  const scheduler = createScheduler({ store: createMemoryStore(), endpointOf: () => endpoint, ...options })
  t.teardown(() => scheduler.close())
  await scheduler.open()
  scheduler.start()
  return scheduler
}

function callOf(name: string, input: string): Call {
  return create(
    CallSchema,
    Object.assign({ endpoint: 'http://app', function: name, input: encodeValue(input) }),
  )
}

function inputOf({ directive }: RunRequest): unknown {
  return directive.case === 'input' ? decodeValue(directive.value) : undefined
}

function exit(output: unknown): RunOutcome {
  const value = { result: { output: encodeValue(output) } }
  return {
    kind: 'response',
    response: create(RunResponseSchema, { status: 1, directive: { case: 'exit', value } }),
  }
}

function poll(inputs: readonly number[], minResults: number): RunOutcome {
  const calls = inputs.map((n) => ({
    function: 'child',
    correlationId: BigInt(n + 1),
    input: encodeValue(n),
  }))
  const value = { calls, minResults, maxResults: 1_000 }
  return {
    kind: 'response',
    response: create(RunResponseSchema, { status: 1, directive: { case: 'poll', value } }),
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate)
}
