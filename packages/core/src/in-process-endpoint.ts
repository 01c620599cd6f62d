import {
  DispatchError,
  type Endpoint,
  type RunRequest,
  type RunResponse,
  type RunSignal,
  UnaryError,
} from '@dispatch/protocol'

/**
 * The functions of this process as an endpoint for a scheduler in this process: a function call, no HTTP.
 *
 * @param run - Carries out a run. @throws {UnaryError} `not_found` when there is no such function.
 */
export function createInProcessEndpoint(
  run: (request: RunRequest, signal: RunSignal) => Promise<RunResponse>,
): Endpoint {
  return {
    async run(request, signal) {
      try {
        return { kind: 'response', response: await run(request, signal) }
      } catch (error) {
        const isUnknownFunction = error instanceof UnaryError && error.code === 'not_found'
        return {
          kind: 'failure',
          source: isUnknownFunction ? 'function' : 'endpoint',
          status: error instanceof DispatchError ? error.status : 'permanent',
          message: error instanceof Error ? error.message : String(error),
        }
      }
    },
  }
}
