import {
  type Any,
  AnySchema,
  type CoroutineState,
  CoroutineStateSchema,
  create,
  fromBinary,
  type PollResult,
  toBinary,
} from '@dispatch/protocol/messages'

/** Largest journal inside a state: the request that returns it must have room for results. Bytes. */
export const STATE_BYTES_MAX = 12_000_000

/** Layout of the state and meaning of the journal. Any other format is refused. */
const STATE_FORMAT = 1

const TYPE_URL = `type.googleapis.com/${CoroutineStateSchema.typeName}`

/** The state of a suspended coroutine, without the format. */
export type StateFields = Pick<CoroutineState, 'function' | 'token' | 'runs' | 'journal' | 'generation'>

/** The state of a suspended coroutine, as a Poll carries it. */
export function encodeState(fields: StateFields): Any {
  const state = create(CoroutineStateSchema, { format: STATE_FORMAT, ...fields })
  return create(AnySchema, { typeUrl: TYPE_URL, value: toBinary(CoroutineStateSchema, state) })
}

/**
 * The state that a PollResult returns, or a string that says why it cannot be used (conformance cases E19, E20, X23).
 *
 * @param name - The function that is to be resumed.
 */
export function decodeState(result: PollResult, name: string): StateFields | string {
  if (result.state.case === undefined) return 'the request has no coroutine state'
  if (result.state.case === 'coroutineState') {
    return `coroutine state: expected '${TYPE_URL}', got untyped bytes, which come from another SDK`
  }
  const { typeUrl, value } = result.state.value
  if (typeUrl.slice(typeUrl.lastIndexOf('/') + 1) !== CoroutineStateSchema.typeName) {
    return `coroutine state: expected '${TYPE_URL}', got '${typeUrl}', which comes from another SDK`
  }
  const state = readState(value)
  if (state === undefined) return 'the coroutine state cannot be decoded'
  if (state.format !== STATE_FORMAT) {
    return `coroutine state: expected format ${STATE_FORMAT}, got ${state.format}, which another version of the SDK wrote`
  }
  if (state.function !== name) {
    return `coroutine state: expected function '${name}', as in the request, got '${state.function}'`
  }
  return state
}

function readState(bytes: Uint8Array): CoroutineState | undefined {
  try {
    return fromBinary(CoroutineStateSchema, bytes)
  } catch {
    return undefined
  }
}
