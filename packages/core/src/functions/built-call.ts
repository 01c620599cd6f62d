import type { Any, Call } from '@dispatch/protocol/messages'

declare const OUTPUT: unique symbol

/** A call that `fn.buildCall(input)` created. */
export interface BuiltCall<Output = unknown> extends Call {
  /** Never present: carries the type of the output. */
  readonly [OUTPUT]?: Output
}

/** The output of a call in a batch; `unknown` when `buildCall` did not create it. */
export type OutputOf<C extends Call> = C extends BuiltCall<infer Output> ? Output : unknown

type DecodeOutput = (output: Any | undefined) => unknown

/** The same for every copy of this package. */
const DECODE: unique symbol = Symbol.for('dispatch.decodeOutput') as never

/** Attaches the decoder of its output to a call. Copies of the call do not have it. */
export function attachDecoder(call: Call, decodeOutput: DecodeOutput): BuiltCall {
  return Object.defineProperty(call, DECODE, { value: decodeOutput })
}

/** The decoder of the output of a call; `undefined` when `buildCall` did not create the call. */
export function decoderOf(call: Call): DecodeOutput | undefined {
  return (call as { readonly [DECODE]?: DecodeOutput })[DECODE]
}
