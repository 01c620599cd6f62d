import { DispatchError } from '@dispatch/protocol'
import { bytesOfCalls, type Call, create, DispatchRequestSchema, toBinary } from '@dispatch/protocol/messages'
import { describeValue } from '@dispatch/protocol/text'
import type { CallHandle } from '../calls/call-handle.js'
import type { OutputOf } from '../functions/built-call.js'

/** The handles of calls, in their order. */
export type HandlesOf<Calls extends readonly Call[]> = {
  -readonly [Index in keyof Calls]: CallHandle<OutputOf<Calls[Index]>>
}

/** @throws {TypeError} When it is not an array of calls. */
export function assertCalls(calls: unknown): asserts calls is readonly Call[] {
  if (!Array.isArray(calls)) {
    throw new TypeError(
      `dispatchBatch(calls): expected an array of calls made by fn.buildCall(input), got ${describeValue(calls)}`,
    )
  }
  for (const [index, call] of calls.entries()) {
    if (typeof (call as Partial<Call> | undefined)?.function === 'string') continue
    throw new TypeError(
      `calls[${index}]: expected a call made by fn.buildCall(input), got ${describeValue(call)}`,
    )
  }
}

/** A dispatch id that a client over HTTP adds to a call without one. */
const ID_BYTES = 39

/**
 * Calls of one dispatch are recorded all or none, and so are sent in one request.
 *
 * @throws {DispatchError} `invalid_argument` when that is larger than `bytesMax`, also if the scheduler is in this process.
 */
export function assertRequestFits(calls: readonly Call[], bytesMax: number): void {
  // An upper bound, which is known at once; encoding is left to dispatches that are nearly too large.
  if (bytesOfCalls(calls) <= bytesMax) return
  const message = toBinary(DispatchRequestSchema, create(DispatchRequestSchema, { calls: [...calls] }))
  const bytes = message.byteLength + ID_BYTES * calls.filter(({ dispatchId }) => dispatchId === '').length
  if (bytes <= bytesMax) return
  throw new DispatchError(
    'invalid_argument',
    `dispatch: expected at most ${bytesMax} bytes in one request, got ${bytes} for ${calls.length} calls; dispatch fewer ` +
      'at once, or store large data elsewhere and pass references to it',
  )
}
