import { fromBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { encodeAny, type Poll, type PollResult, PollResultSchema } from '@dispatch/protocol'

const COROUTINE_STATE_FIELD = 1
const TYPED_COROUTINE_STATE_FIELD = 4

/**
 * The state of a Poll as the store keeps it: a PollResult with nothing but the state, so that it goes back to the
 * endpoint in the member of the oneof in which it came.
 */
export function encodePollState(state: Poll['state']): Uint8Array {
  switch (state.case) {
    case 'typedCoroutineState':
      return field(TYPED_COROUTINE_STATE_FIELD, encodeAny(state.value))
    case 'coroutineState':
      return field(COROUTINE_STATE_FIELD, state.value)
    default:
      return new Uint8Array()
  }
}

export function decodePollState(bytes: Uint8Array): PollResult['state'] {
  return fromBinary(PollResultSchema, bytes).state
}

function field(number: number, bytes: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(bytes).finish()
}
