/** Length of the measuring window in milliseconds: longer than a slow disk sync, shorter than a client's timeout. */
const WINDOW_MS = 5_000

/** Shortest `Retry-After` in milliseconds: more frequent retries cost the busy side more than they gain. */
const ADVICE_MS_MIN = 50

/** Longest `Retry-After` in milliseconds, also used when nothing has passed recently. */
const ADVICE_MS_MAX = 10_000

/** Minimum time over which a rate is computed. Milliseconds. */
const SPAN_MS_MIN = 100

/**
 * How much of something passed lately: a window that slides over {@link WINDOW_MS}, kept as two counts. For the advice
 * that a full queue gives, which is then no guess.
 */
export class Rate {
  /** Beginning of the present window, and of the first one after a pause. */
  #startedAtMs = Number.NEGATIVE_INFINITY
  #sinceMs = 0
  #amount = 0
  #amountBefore = 0

  add(amount: number, nowMs: number): void {
    this.#slide(nowMs)
    this.#amount += amount
  }

  /** How long `amount` takes at the present rate, in whole milliseconds, 50 to 10,000. */
  adviceMsFor(amount: number, nowMs: number): number {
    if (amount <= 0) return ADVICE_MS_MIN
    this.#slide(nowMs)
    const spanMs = Math.min(WINDOW_MS, Math.max(SPAN_MS_MIN, nowMs - this.#sinceMs))
    const shareBefore = 1 - (nowMs - this.#startedAtMs) / WINDOW_MS
    const perMs = (this.#amountBefore * shareBefore + this.#amount) / spanMs
    return Math.ceil(Math.min(ADVICE_MS_MAX, Math.max(ADVICE_MS_MIN, amount / perMs)))
  }

  #slide(nowMs: number): void {
    const elapsedMs = nowMs - this.#startedAtMs
    if (elapsedMs >= 0 && elapsedMs < WINDOW_MS) return
    // Also starts again when the clock was set back.
    const isNext = elapsedMs >= 0 && elapsedMs < 2 * WINDOW_MS
    this.#amountBefore = isNext ? this.#amount : 0
    this.#startedAtMs = isNext ? this.#startedAtMs + WINDOW_MS : nowMs
    if (!isNext) this.#sinceMs = nowMs
    this.#amount = 0
  }
}
