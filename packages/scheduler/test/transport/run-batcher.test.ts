import { createEndOfCall, DispatchError, RunAborter, type RunOutcome } from '@dispatch/protocol'
import { encodeRunBatchResponse, envelopeOf, failureOf, UnaryError } from '@dispatch/protocol/connect'
import {
  create,
  encodeRunRequest,
  fromBinary,
  type RunBatchRequest,
  RunBatchRequestSchema,
  RunRequestSchema,
  RunResponseSchema,
} from '@dispatch/protocol/messages'
import t from 'tap'
import { createRunBatcher } from '../../dist/transport/run-batcher.js'

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
const END = envelopeOf(Buffer.from('{}'), 2)
const OK = create(RunResponseSchema, { status: 1, directive: { case: 'exit', value: {} } })

const requestOf = (dispatchId: string, bytes = 0) =>
  encodeRunRequest(
    create(RunRequestSchema, {
      dispatchId,
      directive: { case: 'input', value: { typeUrl: 'x', value: new Uint8Array(bytes) } },
    }),
  )

/** An endpoint whose answers to batches the test writes. */
function createEndpoint({ refuses }: { refuses?: Error } = {}) {
  const batches: {
    request: RunBatchRequest
    signal: RunAborter
    write: (chunk?: Uint8Array | Error) => void
  }[] = []
  const alone: string[] = []
  let nowMs = 0
  const batcher = createRunBatcher({
    runsMax: 3,
    responseBytesMax: 1000,
    clock: { nowMs: () => 0, monotonicMs: () => nowMs, after: () => () => undefined },
    async post(message, signal) {
      if (refuses !== undefined) throw refuses
      const queue: (Uint8Array | Error | undefined)[] = []
      let wake: () => void = () => undefined
      const write = (chunk?: Uint8Array | Error) => {
        queue.push(chunk)
        wake()
      }
      batches.push({
        request: fromBinary(RunBatchRequestSchema, message),
        signal: signal as RunAborter,
        write,
      })
      return (async function* () {
        while (true) {
          if (queue.length === 0)
            await new Promise<void>((resolve) => {
              wake = resolve
            })
          const chunk = queue.shift()
          if (chunk instanceof Error) throw chunk
          if (chunk === undefined) return
          yield chunk
        }
      })()
    },
    async runAlone(request) {
      alone.push(fromBinary(RunRequestSchema, request).dispatchId)
      return { kind: 'response', response: OK }
    },
    outcomeOfError: (error): RunOutcome => ({
      kind: 'failure',
      source: 'transport',
      status: error instanceof DispatchError ? error.status : 'temporary',
      message: (error as Error).message,
    }),
  })
  return { batcher, batches, alone, later: (ms: number) => (nowMs += ms) }
}

/** Runs, and what has become of them so far. */
function start(batcher: ReturnType<typeof createRunBatcher>, ids: readonly string[], bytes = 0) {
  const outcomes: Record<string, RunOutcome | undefined> = {}
  const signals = ids.map(() => new RunAborter())
  for (const [index, id] of ids.entries()) {
    void batcher.run(requestOf(id, bytes), signals[index] as RunAborter).then((outcome) => {
      outcomes[id] = outcome
    })
  }
  return { outcomes, signals }
}

const idsOf = ({ request }: { request: RunBatchRequest }) => request.runs.map(({ dispatchId }) => dispatchId)
const answer = (index: number) => envelopeOf(encodeRunBatchResponse(index, OK))

t.test('runs of consecutive turns share a request; a single run does not wait', async (t) => {
  const { batcher, batches, alone } = createEndpoint()
  const next = () => new Promise(setImmediate)
  start(batcher, ['lone'])
  await next()
  t.strictSame(alone, ['lone'])
  start(batcher, ['a', 'b'])
  await next()
  start(batcher, ['c'])
  await next()
  t.strictSame(batches.map(idsOf), [['a', 'b', 'c']])
  start(batcher, ['d', 'e'])
  await turn()
  start(batcher, ['f'])
  await turn()
  t.strictSame(batches.slice(1).map(idsOf), [['d', 'e']])
  t.strictSame(alone, ['lone', 'f'])
})

t.test(
  'runs of one turn share a request, up to the limit of the endpoint; a single run has its own',
  async (t) => {
    const { batcher, batches, alone } = createEndpoint()
    start(batcher, ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    await turn()
    t.strictSame(batches.map(idsOf), [
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ])
    t.strictSame(alone, ['g'])
    t.not(batches[0]?.request.batchId, batches[1]?.request.batchId)
  },
)

t.test('large runs go alone, and a batch is not larger than it may be', async (t) => {
  const { batcher, batches, alone } = createEndpoint()
  start(batcher, ['a', 'b'], 300_000)
  await turn()
  t.strictSame([batches.length, alone], [0, ['a', 'b']])
})

t.test('G1 each run ends with its own answer, in whatever order', async (t) => {
  const { batcher, batches } = createEndpoint()
  const { outcomes } = start(batcher, ['a', 'b', 'c'])
  await turn()
  const failure = failureOf(new UnaryError('not_found', 'no such function'))
  batches[0]?.write(Buffer.concat([answer(2), envelopeOf(encodeRunBatchResponse(0, failure))]))
  await turn()
  t.match(outcomes, {
    a: { kind: 'failure', message: 'no such function', status: 'not_found' },
    b: undefined,
    c: { kind: 'response', response: { status: 1 } },
  })
  batches[0]?.write(Buffer.concat([answer(1), END]))
  await turn()
  t.match(outcomes.b, { kind: 'response' })
})

t.test('only the first answer to a run counts, and one to no run is skipped', async (t) => {
  const { batcher, batches } = createEndpoint()
  const { outcomes } = start(batcher, ['a', 'b'])
  await turn()
  const late = envelopeOf(encodeRunBatchResponse(0, failureOf(new DispatchError('permanent', 'late'))))
  batches[0]?.write(Buffer.concat([answer(0), late, answer(7), answer(1)]))
  await turn()
  t.match(outcomes, { a: { kind: 'response' }, b: { kind: 'response' } })
})

const LARGE = create(RunResponseSchema, {
  directive: { case: 'exit', value: { result: { dispatchId: 'x'.repeat(2_000) } } },
})
/** An invalid response must not end other runs for good: those are retried alone (G2). */
const UNREADABLE = { status: 'temporary', nextGoAlone: true }
const LOSSES: {
  name: string
  last: Uint8Array | Error | undefined
  status: string
  nextGoAlone?: boolean
}[] = [
  { name: 'the connection breaks', last: new DispatchError('tcp', 'reset'), status: 'tcp' },
  { name: 'the answer ends too early', last: undefined, status: 'temporary' },
  { name: 'the answer is garbage', last: Buffer.from('HTTP/1.1 200 garbage'), ...UNREADABLE },
  { name: 'a message in it is garbage', last: envelopeOf(Buffer.from([0xff])), ...UNREADABLE },
  { name: 'a message in it is too large', last: envelopeOf(encodeRunBatchResponse(0, LARGE)), ...UNREADABLE },
]

for (const { name, last, status, nextGoAlone = false } of LOSSES) {
  t.test(`when ${name}, the runs without an answer fail, and those that had one do not`, async (t) => {
    const { batcher, batches, alone } = createEndpoint()
    const { outcomes } = start(batcher, ['a', 'b', 'c'])
    await turn()
    batches[0]?.write(answer(1))
    batches[0]?.write(last)
    await turn()
    t.match(outcomes, {
      a: { kind: 'failure', status },
      b: { kind: 'response' },
      c: { kind: 'failure', status },
    })
    t.strictSame(alone, [])
    start(batcher, ['a', 'c'])
    t.strictSame(alone, nextGoAlone ? ['a', 'c'] : [])
  })
}

t.test('G2 when batches are refused runs go alone, for a minute', async (t) => {
  const refuses = new UnaryError('unimplemented', 'unsupported media type', { httpStatus: 415 })
  const { batcher, batches, alone, later } = createEndpoint({ refuses })
  const { outcomes } = start(batcher, ['a', 'b'])
  await turn()
  t.strictSame(alone, ['a', 'b'])
  t.match(outcomes, { a: { kind: 'response' }, b: { kind: 'response' } })
  start(batcher, ['c', 'd'])
  t.strictSame(alone, ['a', 'b', 'c', 'd'], 'at once')
  later(60_000)
  start(batcher, ['e', 'f'])
  t.equal(alone.length, 4, 'another batch is tried')
  await turn()
  t.strictSame(alone.slice(4), ['e', 'f'])
  t.equal(batches.length, 0)
})

for (const httpStatus of [401, 403, 429, 502, 503, 504]) {
  t.test(`G2 HTTP ${httpStatus} is about the sender or about room: all runs end with it`, async (t) => {
    const refuses = new UnaryError('unavailable', 'not now', { httpStatus })
    const { batcher, alone } = createEndpoint({ refuses })
    const { outcomes } = start(batcher, ['a', 'b'])
    await turn()
    t.match(outcomes, {
      a: { kind: 'failure', message: 'not now' },
      b: { kind: 'failure', message: 'not now' },
    })
    t.strictSame(alone, [])
  })
}

t.test('G3 an aborted run ends immediately, and the endpoint is notified by the next request', async (t) => {
  const { batcher, batches } = createEndpoint()
  const { outcomes, signals } = start(batcher, ['a', 'b'])
  await turn()
  signals[1]?.abort(new DispatchError('timeout', 'the call was canceled'))
  await turn()
  t.match(outcomes, { a: undefined, b: { kind: 'failure', status: 'timeout' } })
  t.equal(batches[0]?.signal.aborted, false, 'the other one continues')
  t.match(batches[1]?.request, { runs: [], aborts: [{ batchId: batches[0]?.request.batchId, index: 1 }] })
})

t.test('G3 with its last run the request ends', async (t) => {
  const { batcher, batches } = createEndpoint()
  const { signals } = start(batcher, ['a', 'b'])
  await turn()
  batches[0]?.write(answer(0))
  await turn()
  signals[1]?.abort(new DispatchError('timeout', 'the call was canceled'))
  await turn()
  t.equal(batches[0]?.signal.aborted, true)
  t.equal(batches.length, 1)
})

t.test('G3 an abort says why the call has ended, also that of the last run', async (t) => {
  const { batcher, batches } = createEndpoint()
  const { signals } = start(batcher, ['a', 'b'])
  await turn()
  batches[0]?.write(answer(0))
  await turn()
  signals[1]?.abort(createEndOfCall('canceled'))
  await turn()
  t.equal(batches[0]?.signal.aborted, false)
  t.match(batches[1]?.request, { runs: [], aborts: [{ index: 1, reason: 'canceled' }] })
})

t.test('G4 the endpoint is notified of ended calls, once, with a batch of no runs', async (t) => {
  const { batcher, batches } = createEndpoint()
  for (let n = 0; n < 1_500; n++) batcher.endCall(`call ${n}`, n % 2 === 0 ? 'canceled' : 'expired')
  await turn()
  t.strictSame(
    batches.map(({ request }) => request.ended.length),
    [1_000, 500],
  )
  t.match(batches[0]?.request.ended.slice(0, 2), [
    { dispatchId: 'call 0', reason: 'canceled' },
    { dispatchId: 'call 1', reason: 'expired' },
  ])
  batcher.endCall('call 1500', 'canceled')
  start(batcher, ['a', 'b'])
  await turn()
  t.match(batches[2]?.request, { ended: [{ dispatchId: 'call 1500' }] })
  t.equal(batches[2]?.request.runs.length, 2)
})

t.test('a run that is aborted before it was sent is not sent', async (t) => {
  const { batcher, batches, alone } = createEndpoint()
  const { outcomes, signals } = start(batcher, ['a', 'b'])
  signals[0]?.abort(new DispatchError('timeout', 'the call was canceled'))
  await turn()
  t.match(outcomes.a, { kind: 'failure', status: 'timeout' })
  t.strictSame([batches.length, alone], [0, ['b']])
})
