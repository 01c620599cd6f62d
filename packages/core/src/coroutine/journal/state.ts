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

/** Layout of the state and meaning of the journal. Another number is another format, and refused. */
const STATE_FORMAT = 1

const TYPE_URL = `type.googleapis.com/${CoroutineStateSchema.typeName}`

/** What the state of a suspended coroutine says; the format goes without saying. */
export type StateFields = Pick<CoroutineState, 'function' | 'token' | 'runs' | 'journal' | 'generation'>

/** The state of a suspended coroutine, as a Poll carries it. */
export function encodeState(fields: StateFields): Any {
  const state = create(CoroutineStateSchema, { format: STATE_FORMAT, ...fields })
  return create(AnySchema, { typeUrl: TYPE_URL, value: toBinary(CoroutineStateSchema, state) })
}

/**
 * The state that a PollResult brings back, or a text that says why it cannot be used (conformance cases E19, E20,
 * X23).
 *
 * @param name - The function that is to go on.
 */
export function decodeState(result: PollResult, name: string): StateFields | string {
  if (result.state.case === undefined) return 'the request has no coroutine state'
  if (result.state.case === 'coroutineState')
    return 'the coroutine state has the untyped form, which was never ours'
  const { typeUrl, value } = result.state.value
  if (typeUrl.slice(typeUrl.lastIndexOf('/') + 1) !== CoroutineStateSchema.typeName) {
    return `the coroutine state is a '${typeUrl}', wanted '${TYPE_URL}'`
  }
  const state = readState(value)
  if (state === undefined) return 'the coroutine state cannot be read'
  if (state.format !== STATE_FORMAT) {
    return `the coroutine state has format ${state.format}, this version reads format ${STATE_FORMAT}`
  }
  if (state.function !== name) {
    return `the coroutine state is one of function '${state.function}', the request is for '${name}'`
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
