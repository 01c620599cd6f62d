import type { ServerResponse } from 'node:http'
import { whenGone } from '@dispatch/protocol/connect'
import { endConnection } from '../server/node-listener.js'

/** The answers that an application has still to write, so that it can shut down in order. */
export class OpenAnswers {
  readonly #answers = new Set<ServerResponse>()
  readonly #waits = new Set<AbortController>()
  #areWaitsOver = false

  /** Begins to know an answer, until its connection or stream is done with it. */
  add(response: ServerResponse): void {
    this.#answers.add(response)
    whenGone(response, () => this.#answers.delete(response))
  }

  /** Sees to it that no connection is used again. */
  endConnections(): void {
    for (const response of this.#answers) endConnection(response)
  }

  /** A signal for an answer that waits: aborts when nobody waits for it any more, and at {@link endWaits}. */
  waitSignalOf(response: ServerResponse): AbortSignal {
    const wait = new AbortController()
    if (this.#areWaitsOver) wait.abort()
    this.#waits.add(wait)
    whenGone(response, () => {
      this.#waits.delete(wait)
      wait.abort()
    })
    return wait.signal
  }

  /** Ends all waiting, now and later. */
  endWaits(): void {
    this.#areWaitsOver = true
    for (const wait of this.#waits) wait.abort()
  }
}
