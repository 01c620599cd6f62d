import {
  type CallInfo,
  CallInfoSchema,
  CallState,
  create,
  decodeCallResult,
  timestampFromMs,
} from '@dispatch/protocol/messages'
import type { CallRecord } from '../store/store.js'

const STATES = {
  scheduled: CallState.SCHEDULED,
  pending: CallState.PENDING,
  suspended: CallState.SUSPENDED,
  done: CallState.DONE,
} as const

/** A call as the API shows it. */
export function callInfoOf(call: CallRecord, isRunning: boolean, result?: Uint8Array): CallInfo {
  const info = create(CallInfoSchema)
  info.dispatchId = call.id
  info.parentDispatchId = call.parentId
  info.rootDispatchId = call.rootId
  info.endpoint = call.endpoint
  info.function = call.function
  info.state = isRunning ? CallState.RUNNING : STATES[call.state]
  info.status = call.statusCode
  info.attempt = call.state === 'done' ? call.attempts : call.attempts + 1
  info.creationTime = timestampFromMs(call.createdAtMs)
  if (call.expiresAtMs > 0) info.expirationTime = timestampFromMs(call.expiresAtMs)
  if (call.state === 'scheduled') info.dueTime = timestampFromMs(call.dueAtMs)
  if (call.state === 'done') {
    info.finishTime = timestampFromMs(call.finishedAtMs)
    info.result = decodeCallResult(result ?? new Uint8Array())
    info.result.dispatchId = call.id
  }
  return info
}
