import { queueMicrotask, setImmediate } from '@dispatch/protocol/time'
import type { Effect } from '../kernel/events/events.js'
import type { WriteBatch } from './write-batch.js'

/** Effects carried out without a pause. More than of durable ones (durable-effects.ts), so that a gather ends soon. */
const EFFECTS_PER_TURN = 128

/**
 * Carries out effects before the commit that decided them (D4): at once, but with a pause after {@link EFFECTS_PER_TURN} of them.
 * Without pauses, children that end at once would start each other and block the event loop, even a million of them (D6).
 */
export class EarlyEffects {
  readonly #perform: (effect: Effect) => void
  #performedSincePause = 0
  /** Effects that wait for the pause to end, each with the batch that inserts its call. */
  readonly #waiting: { readonly effect: Effect; readonly batch: WriteBatch | undefined }[] = []

  constructor(perform: (effect: Effect) => void) {
    this.#perform = perform
  }

  /** @param batch - The batch that is collected; it counts the effects that are still to be performed before its commit. */
  add(effect: Effect, batch: WriteBatch): void {
    if (this.#performedSincePause < EFFECTS_PER_TURN) {
      this.#performedSincePause += 1
      queueMicrotask(() => this.#perform(effect))
      return
    }
    const isInserted = effect.kind === 'run' && batch.inserts(effect.id)
    if (isInserted) batch.pendingStarts += 1
    this.#waiting.push({ effect, batch: isInserted ? batch : undefined })
    if (this.#waiting.length === 1) setImmediate(() => this.#performWaiting())
  }

  #performWaiting(): void {
    const next = this.#waiting.splice(0, EFFECTS_PER_TURN)
    this.#performedSincePause = next.length
    if (this.#waiting.length > 0) setImmediate(() => this.#performWaiting())
    for (const { effect, batch } of next) {
      if (batch !== undefined) batch.pendingStarts -= 1
      this.#perform(effect)
    }
  }
}
