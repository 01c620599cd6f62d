import { childIdOf } from '../kernel/children/child-id.js'
import type { Delivery, RunEffect } from '../kernel/events/events.js'
import type { Store } from '../store/store.js'
import type { PayloadCache } from './payload-cache.js'
import { type DeliveredResult, journalOf, type RunPayloads } from './run-request.js'
import { Semaphore } from './semaphore.js'

/**
 * Most bytes of results that one run receives; a single result is always sent. Half of the largest body, which leaves the rest
 * to state and framing. Further results are sent with the next run.
 */
export const RESULTS_BYTES_MAX = 8_000_000

/** Concurrent reads, so that the payloads in memory are bounded. The store's thread serves one after the other anyway. */
const READS_MAX = 8

/** Reads the payloads of runs from memory, or from the store. */
export class RunPayloadReader {
  readonly #store: Store
  readonly #cache: PayloadCache
  readonly #reads = new Semaphore(READS_MAX)

  constructor(store: Store, cache: PayloadCache) {
    this.#store = store
    this.#cache = cache
  }

  /** The payloads of a run, if all of them are in memory. */
  readCached(effect: RunEffect): RunPayloads | undefined {
    const cache = this.#cache
    if (effect.needsJournal || effect.isRefused) return undefined
    if (effect.deliveries === undefined) {
      const input = cache.get('input', effect.id)
      return input && { input }
    }
    const state = cache.get('state', effect.id)
    if (state === undefined) return undefined
    const results: Uint8Array[] = []
    let bytes = 0
    for (const { childId } of effect.deliveries) {
      const result = cache.get('result', childId)
      if (result === undefined) return undefined
      bytes += result.byteLength
      if (results.length > 0 && bytes > RESULTS_BYTES_MAX) break
      results.push(result)
    }
    return { state, results }
  }

  async read(effect: RunEffect): Promise<RunPayloads> {
    return await this.#reads.run(() => this.#read(effect))
  }

  async #read(effect: RunEffect): Promise<RunPayloads> {
    const [stored] = await this.#store.readPayloads([effect.id])
    if (effect.deliveries === undefined) return { input: stored?.input }
    const results = await this.#readResults(effect, effect.deliveries, RESULTS_BYTES_MAX)
    return {
      state: stored?.state,
      results: results.map((entry) => entry.result),
      refusal: effect.isRefused ? stored?.result : undefined,
      journal: effect.needsJournal ? await this.#readJournal(effect, stored?.input) : undefined,
    }
  }

  /** The results of as many of the first deliveries as fit into `bytesMax`, and of one in any case. */
  async #readResults(
    effect: RunEffect,
    deliveries: readonly Pick<Delivery, 'ordinal'>[],
    bytesMax: number,
  ): Promise<DeliveredResult[]> {
    const ordinals = deliveries.map(({ ordinal }) => ordinal)
    if (ordinals.length === 0) return []
    const stored = await this.#store.readResults(effect.id, effect.restarts, ordinals, bytesMax)
    return stored.map((child, index) => {
      const ordinal = ordinals[index] as number
      const childId = childIdOf(effect.id, effect.restarts, ordinal)
      return {
        delivery: { ordinal, childId, correlationId: child?.correlationId ?? 0n },
        result: child?.result,
      }
    })
  }

  async #readJournal(effect: RunEffect, input: Uint8Array | undefined): Promise<RunPayloads['journal']> {
    const entries = await this.#store.readJournal(effect.id, effect.restarts)
    const flat = entries.flatMap(({ ordinals }) => ordinals.map((ordinal) => ({ ordinal })))
    const results = (await this.#readResults(effect, flat, Number.POSITIVE_INFINITY)).values()
    return journalOf(
      input,
      entries.map(({ entry, ordinals }) => ({
        entry,
        received: ordinals.map(() => results.next().value as DeliveredResult),
      })),
    )
  }
}

/** Bytes of the payloads of a run, without its journal. */
export function bytesOfPayloads({ input, state, results = [] }: RunPayloads): number {
  let bytes = (input?.byteLength ?? 0) + (state?.byteLength ?? 0)
  for (const result of results) bytes += result?.byteLength ?? 0
  return bytes
}
