import { create, decodeCallResult, RunResponseSchema } from '@dispatch/protocol/messages'
import t from 'tap'
import { POLL_CALLS_MAX, readOutcome } from '../../dist/runs/read-outcome.js'

function pollOf(count: number) {
  const calls = Array.from({ length: count }, (_, n) => ({ function: 'f', correlationId: BigInt(n + 1) }))
  const directive = { case: 'poll', value: { calls, minResults: 1, maxResults: 1_000 } } as const
  const response = create(RunResponseSchema, { status: 1, directive })
  return readOutcome({ kind: 'response', response }, false)
}

t.test(
  'a Poll with too many calls is refused: none is made, and the coroutine receives the reason',
  async (t) => {
    const most = pollOf(POLL_CALLS_MAX)
    t.equal(most.kind === 'poll' && most.calls.length, POLL_CALLS_MAX)
    const more = pollOf(POLL_CALLS_MAX + 1)
    if (more.kind !== 'poll') throw new Error(`expected a poll, got ${more.kind}`)
    t.equal(more.calls.length, 0)
    t.match(decodeCallResult(more.refusal ?? new Uint8Array()).error, {
      type: 'invalid_argument',
      message: /^poll\.calls: expected at most 10000 calls, got 10001/,
    })
  },
)
