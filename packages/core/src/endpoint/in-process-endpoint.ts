import { DispatchError, type Endpoint, type RunOutcome, type RunSignal } from '@dispatch/protocol'
import { UnaryError } from '@dispatch/protocol/connect'
import type { RunRequest, RunResponse } from '@dispatch/protocol/messages'
import { messageOfError } from '@dispatch/protocol/text'

/**
 * The functions of this process as an endpoint for a scheduler in this process: a function call, no HTTP.
 *
 * @param run - Carries out a run. @throws {UnaryError} `not_found` when there is no such function.
 * @param endCall - Interrupts a suspended call.
 */
export function createInProcessEndpoint(
  run: (request: RunRequest, signal: RunSignal) => Promise<RunResponse>,
  endCall: (dispatchId: string, reason: DispatchError) => void,
): Endpoint {
  return {
    endCall,
    run(request, signal) {
      try {
        return run(request, signal).then(outcomeOfResponse, outcomeOfError)
      } catch (error) {
        return Promise.resolve(outcomeOfError(error))
      }
    },
  }
}

function outcomeOfResponse(response: RunResponse): RunOutcome {
  return { kind: 'response', response }
}

function outcomeOfError(error: unknown): RunOutcome {
  const isUnknownFunction = error instanceof UnaryError && error.code === 'not_found'
  return {
    kind: 'failure',
    source: isUnknownFunction ? 'function' : 'endpoint',
    status: error instanceof DispatchError ? error.status : 'permanent',
    message: messageOfError(error),
  }
}
