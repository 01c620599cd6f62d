import type { FailureStatus } from '@dispatch/protocol'
import type { Any } from '@dispatch/protocol/messages'
import type { CallContext } from './call-context.js'

/** What running a function takes: the seam between the functions users write and the coroutines that run them. */
export interface FunctionDefinition {
  readonly name: string
  /** @throws {DispatchError} `invalid_argument`, naming the field, when the input is not what the schema says. */
  decodeInput(input: Any | undefined): unknown
  /** @throws {DispatchError} `invalid_response` when the output cannot be carried or is not what the schema says. */
  encodeOutput(output: unknown): Any | undefined
  /** The user's code. May throw or reject with anything. */
  handler(input: unknown, call: CallContext): unknown
  /** Status of a thrown value that says nothing about itself. */
  readonly unknownErrorStatus: FailureStatus
}
