import type { Call } from './gen/dispatch-sdk-v1.js'

/** Approximate memory of a call without its input and its strings, in bytes. */
const CALL_BYTES = 500

/** Approximate memory of a call in transit, in bytes. */
export function bytesOfCall(call: Call): number {
  const { input, dispatchId, endpoint, version, concurrencyKey } = call
  const texts =
    dispatchId.length + endpoint.length + call.function.length + version.length + concurrencyKey.length
  return CALL_BYTES + texts + (input?.value.byteLength ?? 0)
}

/** The sum of {@link bytesOfCall}. */
export function bytesOfCalls(calls: readonly Call[]): number {
  let bytes = 0
  for (const call of calls) bytes += bytesOfCall(call)
  return bytes
}
