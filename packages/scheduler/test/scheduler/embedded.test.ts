import { EMBEDDED_ENDPOINT_URL, type Endpoint, STATUSES } from '@dispatch/protocol'
import { CallSchema, create, RunResponseSchema } from '@dispatch/protocol/messages'
import { decodeValue, encodeValue } from '@dispatch/protocol/values'
import { createEmbeddedScheduler } from '@dispatch/scheduler'
import t from 'tap'

const endpoint: Endpoint = {
  run: async () => ({
    kind: 'response',
    response: create(RunResponseSchema, {
      status: 1,
      directive: { case: 'exit', value: { result: { output: encodeValue('ran here') } } },
    }),
  }),
}

t.test('calls without an endpoint run in this process, and calls to another endpoint fail', async (t) => {
  const scheduler = createEmbeddedScheduler({
    store: ':memory:',
    endpoint,
    endpointUrl: EMBEDDED_ENDPOINT_URL,
  })
  t.teardown(() => scheduler.close())
  await scheduler.open()
  scheduler.start()
  const [here, there] = (await scheduler.dispatch([
    create(CallSchema, { function: 'f' }),
    create(CallSchema, { function: 'f', endpoint: 'http://elsewhere.example' }),
  ])) as [string, string]
  const ran = await scheduler.wait(here, 5_000)
  t.equal(decodeValue(ran?.result?.output), 'ran here')
  const refused = await scheduler.wait(there, 5_000)
  t.match(refused, {
    status: STATUSES.invalid_argument.code,
    result: { error: { message: /http:\/\/elsewhere\.example.*DISPATCH_API_URL/ } },
  })
})
