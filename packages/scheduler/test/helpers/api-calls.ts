import type { Endpoint, RunOutcome } from '@dispatch/protocol'
import { type Call, CallSchema, create, type MessageInit } from '@dispatch/protocol/messages'
import { encodeValue } from '@dispatch/protocol/values'

/** A call as a client submits it. */
export function callOf(name: string, more: MessageInit<Call> = {}): Call {
  return create(
    CallSchema,
    Object.assign({ endpoint: 'http://app', function: name, input: encodeValue(null) }, more),
  )
}

/** An endpoint whose runs end only when they are aborted. */
export const ENDLESS: Endpoint = {
  run: (_request, signal) =>
    new Promise((resolve) => {
      const failure: RunOutcome = { kind: 'failure', source: 'endpoint', status: 'temporary', message: '' }
      signal.addEventListener('abort', () => resolve(failure))
    }),
}
