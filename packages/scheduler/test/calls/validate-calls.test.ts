import { type Call, CallSchema, create } from '@dispatch/protocol/messages'
import t from 'tap'
import { assertCalls, DISPATCH_CALLS_MAX } from '../../dist/calls/validate-calls.js'

const callsOf = (count: number): Call[] =>
  Array.from({ length: count }, () => create(CallSchema, { endpoint: 'http://app', function: 'f' }))

t.test('a request with too many calls is refused with the limit in the message', async (t) => {
  t.doesNotThrow(() => assertCalls(callsOf(DISPATCH_CALLS_MAX)))
  t.throws(() => assertCalls(callsOf(DISPATCH_CALLS_MAX + 1)), {
    status: 'invalid_argument',
    message:
      'calls: expected at most 10000 calls in one request, got 10001; split them over several requests',
  })
})
