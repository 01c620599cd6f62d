import { DispatchError, statusOfCode } from '@dispatch/protocol'
import { type Any, type CallInfo, fromWireError } from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'

/** How a finished call ended. */
export type CallOutcome =
  | { readonly output: unknown; readonly error?: undefined }
  | { readonly output?: unknown; readonly error: DispatchError }

/** The outcome of a finished call: its output, or an error with its status. */
export function outcomeOf(
  info: CallInfo,
  decodeOutput: (output: Any | undefined) => unknown = decodeValue,
): CallOutcome {
  const { result, dispatchId } = info
  const status = statusOfCode(info.status)
  if (status === 'ok' && result?.error === undefined) return { output: decodeOutput(result?.output) }
  const failure = status === 'ok' ? 'permanent' : status
  const more = {
    dispatchId,
    ...(result?.output === undefined ? {} : { output: decodeOutput(result.output) }),
  }
  if (result?.error !== undefined)
    return { ...more, error: fromWireError(result.error, { ...more, status: failure }) }
  return {
    ...more,
    error: new DispatchError(failure, `call of ${info.function} ended with ${failure}`, more),
  }
}
