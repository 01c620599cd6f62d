import { envelopeOf, MESSAGE_STREAM_TYPE, MessageStreamReader } from '@dispatch/protocol/connect'
import {
  type Call,
  CallSchema,
  CallState,
  create,
  fromBinary,
  toBinary,
  WAIT_BATCH_PATH,
  WaitBatchRequestSchema,
  type WaitBatchResponse,
  WaitBatchResponseSchema,
} from '@dispatch/protocol/messages'
import { serveScheduler } from '@dispatch/scheduler'
import t, { type Test } from 'tap'
import { request } from 'undici'

const APP = 'http://127.0.0.1:1'

const callOf = (delaySeconds: bigint): Call =>
  create(CallSchema, { endpoint: APP, function: 'f', delay: { seconds: delaySeconds } })

async function start(t: Test, options = {}) {
  const served = await serveScheduler({ store: ':memory:', port: 0, ...options })
  t.teardown(() => served.close(0))
  return { url: served.url, scheduler: served.scheduler.forTenant('') }
}

/** Waits for calls, and collects what is answered as it comes. */
async function waitBatch(url: string, dispatchIds: readonly string[], seconds: bigint, signal?: AbortSignal) {
  const message = create(WaitBatchRequestSchema, { dispatchIds: [...dispatchIds], timeout: { seconds } })
  const { statusCode, headers, body } = await request(url + WAIT_BATCH_PATH, {
    method: 'POST',
    headers: { 'content-type': MESSAGE_STREAM_TYPE },
    body: envelopeOf(toBinary(WaitBatchRequestSchema, message)),
    signal,
  })
  const answers: WaitBatchResponse[] = []
  const reader = new MessageStreamReader(100_000)
  body.on('data', (chunk: Uint8Array) => {
    if (statusCode !== 200) return
    for (const part of reader.push(chunk)) answers.push(fromBinary(WaitBatchResponseSchema, part))
  })
  const ended = new Promise((resolve) => body.on('close', resolve))
  return { statusCode, headers, answers, ended, reader }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

t.test('each answer is sent when its call is done, and the others when the time is up', async (t) => {
  const { url, scheduler } = await start(t)
  const [first = '', second = '', third = ''] = await scheduler.dispatch([
    callOf(60n),
    callOf(60n),
    callOf(60n),
  ])
  const { headers, answers, ended, reader } = await waitBatch(url, [first, second, 'unknown', third], 2n)
  t.equal(headers['content-type'], MESSAGE_STREAM_TYPE)
  await until(() => answers.length === 1)
  t.match(answers[0], {
    index: 2,
    result: { case: 'error', value: { code: 'not_found', message: /"unknown"/ } },
  })
  await scheduler.cancel(second)
  await until(() => answers.length === 2)
  t.match(answers[1], { index: 1, result: { value: { dispatchId: second, state: CallState.DONE } } })
  await ended
  t.match(answers.slice(2), [
    { index: 0, result: { value: { dispatchId: first, state: CallState.SCHEDULED } } },
    { index: 3, result: { value: { dispatchId: third, state: CallState.SCHEDULED } } },
  ])
  t.equal(reader.isEnded, true)
})

t.test('a call of another tenant does not exist', async (t) => {
  const { url } = await start(t, { apiKeys: { 'key-of-one': 'one' } })
  const answer = await waitBatch(url, ['id'], 0n)
  t.equal(answer.statusCode, 401)
})

t.test('a request without calls does not wait', async (t) => {
  const { url } = await start(t)
  const { answers, ended } = await waitBatch(url, [], 60n)
  await ended
  t.strictSame(answers, [])
})

t.test('a request for more than a thousand calls is refused', async (t) => {
  const { url } = await start(t)
  const ids = Array.from({ length: 1001 }, (_, index) => `id-${index}`)
  t.equal((await waitBatch(url, ids, 0n)).statusCode, 400)
})

t.test('when the sender disconnects, its waits are removed', async (t) => {
  const { url, scheduler } = await start(t, { requestsMax: 1 })
  const [id = ''] = await scheduler.dispatch([callOf(60n)])
  const hangUp = new AbortController()
  const first = waitBatch(url, [id], 50n, hangUp.signal)
  const statusOf = async () => (await waitBatch(url, ['unknown'], 0n)).statusCode
  while ((await statusOf()) !== 429);
  hangUp.abort()
  await t.rejects(first)
  while ((await statusOf()) !== 200);
  t.pass('its place is free')
})
