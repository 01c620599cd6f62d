import type { FailureStatus } from '@dispatch/protocol'
import type { Any } from '@dispatch/protocol/messages'

/** What is needed to run a function: the interface between the functions of an application and the coroutines that run them. */
export interface FunctionDefinition {
  readonly name: string
  /** @throws {DispatchError} `invalid_argument`, naming the field, when the input does not match the schema. */
  decodeInput(input: Any | undefined): unknown
  /** @throws {DispatchError} `invalid_response` when the output cannot be encoded or does not match the schema. */
  encodeOutput(output: unknown): Any | undefined
  /**
   * The code of the application. May throw or reject with anything.
   *
   * @param call - The `HandlerContext`, which has everything of the `CallContext` that the application knows.
   */
  handler(input: unknown, call: object): unknown
  /** Status of a thrown value that has none of its own. */
  readonly unknownErrorStatus: FailureStatus
}
