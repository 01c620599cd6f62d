import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type Call, CallSchema, type Endpoint, encodeValue, type RunOutcome } from '@dispatch/protocol'

/** A call as a client hands it in. */
export function callOf(name: string, more: MessageInitShape<typeof CallSchema> = {}): Call {
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
