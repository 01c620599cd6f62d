import {
  type CallResult,
  create,
  decodeAny,
  decodeCallResult,
  type Journal,
  JournalSchema,
  type PollResult,
  PollResultSchema,
  type RunRequest,
  RunRequestSchema,
  timestampFromMs,
} from '@dispatch/protocol/messages'
import type { Delivery, RunEffect } from '../kernel/events/events.js'
import { decodePollState } from './poll-state.js'

/** Payloads that are sent with a run, as the store keeps them. */
export interface RunPayloads {
  /** For a first run. */
  readonly input?: Uint8Array | undefined
  /** For a run that resumes. */
  readonly state?: Uint8Array | undefined
  /** Results of the deliveries, in their order; only the first ones when not all fit. */
  readonly results?: readonly (Uint8Array | undefined)[]
  /** An encoded `CallResult` whose error says why the last Poll was refused. */
  readonly refusal?: Uint8Array | undefined
  readonly journal?: Journal | undefined
}

/** The request to an endpoint to carry out a run. */
export function runRequestOf(effect: RunEffect, payloads: RunPayloads): RunRequest {
  const request = create(RunRequestSchema)
  request.function = effect.function
  request.dispatchId = effect.id
  request.parentDispatchId = effect.parentId
  request.rootDispatchId = effect.rootId
  request.creationTime = timestampFromMs(effect.createdAtMs)
  if (effect.expiresAtMs > 0) request.expirationTime = timestampFromMs(effect.expiresAtMs)
  request.attempt = effect.attempt
  request.restarts = effect.restarts
  request.keepsJournal = true
  request.directive =
    effect.deliveries === undefined
      ? // Q05: a call without an input has an Empty one.
        { case: 'input', value: decodeAny(payloads.input ?? new Uint8Array()) }
      : { case: 'pollResult', value: pollResultOf(effect.deliveries, payloads) }
  if (payloads.journal !== undefined) request.journal = payloads.journal
  return request
}

function pollResultOf(deliveries: readonly Delivery[], payloads: RunPayloads): PollResult {
  const result = create(PollResultSchema)
  if (payloads.state !== undefined) result.state = decodePollState(payloads.state)
  const { results = [] } = payloads
  result.results = deliveries
    .slice(0, results.length)
    .map((delivery, index) => callResultOf(delivery, results[index]))
  const error = payloads.refusal && decodeCallResult(payloads.refusal).error
  if (error !== undefined) result.error = error
  return result
}

function callResultOf(delivery: Delivery, encoded: Uint8Array | undefined): CallResult {
  const result = decodeCallResult(encoded ?? new Uint8Array())
  result.correlationId = delivery.correlationId
  result.dispatchId = delivery.childId
  return result
}

/** The result of a child as the store keeps it, and the delivery that it belongs to. */
export interface DeliveredResult {
  readonly delivery: Delivery
  readonly result: Uint8Array | undefined
}

/** The journal of a coroutine: for each of its runs, the entry that it wrote and the results that it received. */
export function journalOf(
  input: Uint8Array | undefined,
  entries: readonly { readonly entry: Uint8Array; readonly received: readonly DeliveredResult[] }[],
): Journal {
  return create(JournalSchema, {
    input: decodeAny(input ?? new Uint8Array()),
    entries: entries.map(({ entry, received }) => ({
      entry,
      results: received.map(({ delivery, result }) => callResultOf(delivery, result)),
    })),
  })
}
