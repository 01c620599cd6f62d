import { statusOfCode } from '@dispatch/protocol'
import { type Call, type CallResult, fromWireError, type WireError } from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'
import { correlationIdOf, stepOfCorrelationId } from '../identity/correlation-id.js'
import type { Awaited } from './awaited.js'
import { type PollLimits, takeCalls } from './unsent-calls.js'

/** The calls whose results a handler waits for, and those of them that are yet to be sent. */
export class OpenCalls {
  /** Upper half of the correlation ids. */
  readonly #generation: number
  readonly #byStep = new Map<number, Awaited>()
  /** In the order in which they were made. Includes calls that are no longer open. */
  #unsent: Call[] = []
  /** Steps of the first and the last call of the latest Poll. */
  #lastSent: readonly [number, number] | undefined

  constructor(generation: number) {
    this.#generation = generation
  }

  get count(): number {
    return this.#byStep.size
  }

  /** Whether all open calls belong to one gather. */
  get isGather(): boolean {
    const first = this.#byStep.values().next().value
    return first?.isGather === true && first.missing === this.#byStep.size
  }

  /** Whether calls are left for the next Poll. */
  get hasUnsent(): boolean {
    return this.#unsent.length > 0
  }

  /** Adds the call of a step, and gives it its correlation id. */
  add(call: Call, step: number, awaited: Awaited): void {
    call.correlationId = correlationIdOf(this.#generation, step)
    this.#byStep.set(step, awaited)
    this.#unsent.push(call)
  }

  /** Returns whether the result belongs to an open call; any other is dropped (C4). */
  deliver(result: CallResult): boolean {
    const step = stepOfCorrelationId(this.#generation, result.correlationId)
    const awaited = step === undefined ? undefined : this.#byStep.get(step)
    if (step === undefined || awaited === undefined) return false
    if (result.error !== undefined) this.#fail(awaited, errorOfResult(result, result.error))
    else {
      this.#byStep.delete(step)
      awaited.accept(step, result.output)
    }
    return true
  }

  /** Fails the calls of the latest Poll, and no others (conformance case X18). */
  failLastSent(error: WireError): void {
    const [first, last] = this.#lastSent ?? [1, 0]
    for (let step = first; step <= last; step++) {
      const awaited = this.#byStep.get(step)
      if (awaited !== undefined) this.#fail(awaited, fromWireError(error))
    }
  }

  /** Takes the calls of the next Poll. Calls that are no longer open are never sent (C5). */
  takeUnsent(limits: PollLimits): Call[] {
    const { calls, rest } = takeCalls(this.#unsent, (call) => this.#byStep.has(this.#stepOf(call)), limits)
    this.#unsent = rest
    const first = calls[0]
    const last = calls.at(-1)
    this.#lastSent = first && last && [this.#stepOf(first), this.#stepOf(last)]
    return calls
  }

  /** Rejects all awaits and gathers. */
  failAll(error: unknown): void {
    for (const awaited of this.#byStep.values()) this.#fail(awaited, error)
  }

  /** Closes all steps of an await or a gather (C5). */
  #fail(awaited: Awaited, error: unknown): void {
    for (let step = awaited.firstStep; step < awaited.endStep; step++) this.#byStep.delete(step)
    awaited.fail(error)
  }

  #stepOf(call: Call): number {
    return stepOfCorrelationId(this.#generation, call.correlationId) ?? 0
  }
}

/** What an await of a failed call rejects with. If the output beside the error cannot be decoded, that error. */
function errorOfResult({ dispatchId, output, status: code }: CallResult, error: WireError): unknown {
  // Other schedulers leave it out.
  const status = code === 0 ? 'ok' : statusOfCode(code)
  try {
    return fromWireError(error, {
      dispatchId,
      ...(status === 'ok' ? {} : { status }),
      ...(output !== undefined && { output: decodeValue(output) }),
    })
  } catch (decodeError) {
    return decodeError
  }
}
