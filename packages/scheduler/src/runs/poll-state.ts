import {
  encodeAny,
  fromBinary,
  type Poll,
  type PollResult,
  PollResultSchema,
  writeProto,
} from '@dispatch/protocol/messages'

/** Tags of the length-delimited fields of a `PollResult`. */
const COROUTINE_STATE_TAG = 0x0a
const TYPED_COROUTINE_STATE_TAG = 0x22

/**
 * The state of a Poll as the store keeps it: a PollResult with nothing but the state, so that it is sent back in the member of
 * the oneof in which it was received.
 */
export function encodePollState(state: Poll['state']): Uint8Array {
  switch (state.case) {
    case 'typedCoroutineState':
      return field(TYPED_COROUTINE_STATE_TAG, encodeAny(state.value))
    case 'coroutineState':
      return field(COROUTINE_STATE_TAG, state.value)
    default:
      return new Uint8Array()
  }
}

export function decodePollState(bytes: Uint8Array): PollResult['state'] {
  return fromBinary(PollResultSchema, bytes).state
}

function field(tag: number, bytes: Uint8Array): Uint8Array {
  return writeProto((writer, content) => {
    writer.byte(tag)
    writer.bytes(content)
  }, bytes)
}
