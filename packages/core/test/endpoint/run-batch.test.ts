import { CanceledError, Dispatch, func, rawValue, TimeoutError } from '@dispatch/core'
import { codeOfStatus } from '@dispatch/protocol'
import { BODY_BYTES_MAX } from '@dispatch/protocol/bounds'
import {
  BATCH_RUNS_MAX,
  encodeRunBatchRequest,
  envelopeOf,
  MESSAGE_STREAM_TYPE,
  MessageStreamReader,
  type StreamedResponse,
  type UnaryResponse,
} from '@dispatch/protocol/connect'
import {
  fromBinary,
  RUN_PATH,
  type RunBatchResponse,
  RunBatchResponseSchema,
} from '@dispatch/protocol/messages'
import t, { type Test } from 'tap'
import { handleUnary, inputOf, postRun, runRequestBytes, runResponseOf } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

interface Held {
  readonly signal: AbortSignal
  readonly release: () => void
}

/** Functions, one of which ends when the test releases it. */
function createDispatch(t: Test) {
  const held: Held[] = []
  const hold = func('hold', async (name: string, call) => {
    await new Promise<void>((resolve, reject) => {
      held.push({ signal: call.signal, release: resolve })
      call.signal.addEventListener('abort', () => reject(call.signal.reason))
    })
    return name
  })
  const suspended: { readonly id: string; readonly signal: AbortSignal }[] = []
  const suspend = func('suspend', async (_: string, call) => {
    suspended.push({ id: call.dispatchId, signal: call.signal })
    await call.sleep('1h')
  })
  const echo = func('echo', async (name: string) => name)
  const large = func('large', async () => 'x'.repeat(BODY_BYTES_MAX))
  const malformed = func('malformed', { output: rawValue }, async () => ({ typeUrl: 'x' }) as never)
  const dispatch = new Dispatch({
    functions: [hold, suspend, echo, large, malformed],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
  })
  t.teardown(() => dispatch.close())
  return { dispatch, held, suspended }
}

interface BatchRequest {
  readonly batchId?: string
  readonly runs?: readonly (readonly [name: string, input: string])[]
  readonly aborts?: readonly { batchId: string; index: number; reason?: string }[]
  readonly ended?: readonly { dispatchId: string; reason: string }[]
}

let ids = 0

function bodyOf({ batchId = 'batch', runs = [], aborts = [], ended = [] }: BatchRequest): Uint8Array {
  const encoded = runs.map(([name, input]) =>
    runRequestBytes({ function: name, dispatchId: `call-${++ids}`, directive: inputOf(input) }),
  )
  return envelopeOf(encodeRunBatchRequest({ batchId, runs: encoded, aborts, ended }))
}

const request = (body: Uint8Array) => ({
  method: 'POST',
  path: RUN_PATH,
  headers: {
    host: 'localhost',
    'content-length': String(body.byteLength),
    'content-type': MESSAGE_STREAM_TYPE,
  },
  body,
})

/** Posts a batch, and collects its answers. */
async function postBatch(dispatch: Dispatch, batch: BatchRequest, signal?: AbortSignal) {
  const response = (await dispatch.handle(request(bodyOf(batch)), signal)) as StreamedResponse
  const reader = new MessageStreamReader(100_000)
  const answers: RunBatchResponse[] = []
  response.body.on('data', (chunk: Uint8Array) => {
    for (const message of reader.push(chunk)) answers.push(fromBinary(RunBatchResponseSchema, message))
  })
  const ended = new Promise((resolve) => response.body.on('end', resolve))
  return { response, reader, answers, ended }
}

/** Waits until a condition holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

const statusOf = ({ result }: RunBatchResponse) =>
  result.case === 'response' ? result.value.status : undefined

t.test(
  'an endpoint announces that it accepts batches when the request asks for it, and only then',
  async (t) => {
    const { dispatch } = createDispatch(t)
    const asked = [true, false].map((sendsBatches) =>
      postRun(dispatch, runRequestBytes({ function: 'echo', directive: inputOf('a'), sendsBatches })),
    )
    const responses = (await Promise.all(asked)).map(runResponseOf)
    t.strictSame(
      responses.map(({ batchRunsMax }) => batchRunsMax),
      [BATCH_RUNS_MAX, 0],
    )
  },
)

t.test('B1 results are sent as the runs end, each with its index', async (t) => {
  const { dispatch, held } = createDispatch(t)
  const runs = [
    ['hold', 'a'],
    ['echo', 'b'],
    ['nobody', 'c'],
    ['echo', 'd'],
  ] as const
  const { response, answers, reader, ended } = await postBatch(dispatch, { runs })
  t.match(response, { status: 200, headers: { 'content-type': MESSAGE_STREAM_TYPE } })
  await until(() => answers.length === 3)
  t.strictSame(answers.map(({ index }) => index).sort(), [1, 2, 3])
  t.match(
    answers.find(({ index }) => index === 2),
    { result: { case: 'error', value: { code: 'not_found', message: /'nobody'/ } } },
  )
  t.equal(reader.isEnded, false)
  held[0]?.release()
  await ended
  t.match(answers.at(-1), { index: 0, result: { case: 'response', value: { status: 1 } } })
  t.equal(reader.isEnded, true)
})

const UNCARRIED = [
  { name: 'malformed', want: { case: 'error', value: { code: 'internal' } } },
  { name: 'large', want: { case: 'response', value: { status: codeOfStatus('invalid_response') } } },
]
for (const { name, want } of UNCARRIED) {
  t.test(`B1 a run whose answer is ${name} fails alone`, async (t) => {
    const { dispatch } = createDispatch(t)
    const runs = [
      [name, ''],
      ['echo', 'a'],
    ] as const
    const { answers, ended } = await postBatch(dispatch, { runs })
    await ended
    t.match(
      answers.sort((a, b) => a.index - b.index),
      [{ result: want }, { result: { case: 'response', value: { status: 1 } } }],
    )
  })
}

t.test('B2 a run that a later request lists among its aborts is aborted, and no other', async (t) => {
  const { dispatch, held } = createDispatch(t)
  const runs = [
    ['hold', 'a'],
    ['hold', 'b'],
  ] as const
  const { answers, ended } = await postBatch(dispatch, { batchId: 'first', runs })
  await until(() => held.length === 2)
  const aborts = [
    { batchId: 'first', index: 1 },
    { batchId: 'first', index: 9 },
    { batchId: 'unknown', index: 0 },
  ]
  const second = await postBatch(dispatch, { batchId: 'second', aborts })
  await second.ended
  await until(() => answers.length === 1)
  t.match(answers, [{ index: 1 }])
  t.equal(statusOf(answers[0] as RunBatchResponse), 2, 'timeout, which is retryable')
  t.strictSame(
    held.map(({ signal }) => signal.aborted),
    [false, true],
  )
  held[0]?.release()
  await ended
})

t.test('B2 the reason of an abort, why the call has ended, is the reason of the signal', async (t) => {
  const { dispatch, held } = createDispatch(t)
  const first = await postBatch(dispatch, { batchId: 'first', runs: [['hold', 'a']] })
  await until(() => held.length === 1)
  await postBatch(dispatch, {
    batchId: 'second',
    aborts: [{ batchId: 'first', index: 0, reason: 'canceled' }],
  })
  await first.ended
  t.ok(held[0]?.signal.reason instanceof CanceledError)
})

t.test(
  'B3 a suspended call that is listed as ended is released; unknown calls and reasons are ignored',
  async (t) => {
    const { dispatch, suspended } = createDispatch(t)
    const first = await postBatch(dispatch, { runs: [['suspend', 'a']] })
    await first.ended
    const [call] = suspended
    const ended = [
      { dispatchId: 'unknown', reason: 'canceled' },
      { dispatchId: call?.id ?? '', reason: 'a reason of a later version' },
    ]
    await (await postBatch(dispatch, { batchId: 'second', ended })).ended
    t.equal(call?.signal.aborted, false)
    await postBatch(dispatch, {
      batchId: 'third',
      ended: [{ dispatchId: call?.id ?? '', reason: 'expired' }],
    })
    t.ok(call?.signal.reason instanceof TimeoutError)
  },
)

t.test('B2 all runs are aborted when the sender disconnects', async (t) => {
  const { dispatch, held } = createDispatch(t)
  const hangUp = new AbortController()
  const runs = [
    ['hold', 'a'],
    ['hold', 'b'],
  ] as const
  const { ended } = await postBatch(dispatch, { runs }, hangUp.signal)
  await until(() => held.length === 2)
  hangUp.abort(new Error('hung up'))
  await ended
  t.strictSame(
    held.map(({ signal }) => signal.aborted),
    [true, true],
  )
})

t.test('an endpoint that shuts down waits for the runs of its batches, and accepts no more', async (t) => {
  const { dispatch, held } = createDispatch(t)
  const { answers, ended } = await postBatch(dispatch, { runs: [['hold', 'a']] })
  await until(() => held.length === 1)
  const stopped = dispatch.stop()
  const refused = await handleUnary(dispatch, request(bodyOf({ runs: [['echo', 'b']] })))
  t.equal(refused.status, 503)
  held[0]?.release()
  await Promise.all([ended, stopped])
  t.equal(statusOf(answers[0] as RunBatchResponse), 1)
})

const REFUSED: { name: string; body: Uint8Array; want: RegExp }[] = [
  { name: 'without an envelope', body: Buffer.from('garbage'), want: /in an envelope/ },
  { name: 'of garbage', body: envelopeOf(Buffer.from([0xff])), want: /unmarshal message/ },
  {
    name: 'of too many runs',
    body: bodyOf({ runs: Array.from({ length: BATCH_RUNS_MAX + 1 }, () => ['echo', 'a'] as const) }),
    want: /expected at most 100 runs in a batch, got 101/,
  },
]

for (const { name, body, want } of REFUSED) {
  t.test(`a batch ${name} is refused as a whole`, async (t) => {
    const { dispatch } = createDispatch(t)
    const answer: UnaryResponse = await handleUnary(dispatch, request(body))
    t.equal(answer.status, 400)
    t.match(JSON.parse(Buffer.from(answer.body).toString()), { code: 'invalid_argument', message: want })
  })
}
