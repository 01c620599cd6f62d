import type { ServerResponse } from 'node:http'
import { whenGone } from '@dispatch/protocol/connect'
import { endConnection } from '../server/node-listener.js'

/** The answers that an application has not written yet, so that it can shut down in order. */
export class OpenAnswers {
  readonly #answers = new Set<ServerResponse>()
  readonly #waits = new Set<AbortController>()
  #areWaitsOver = false

  /** Adds an answer, until it is written or its connection or stream is closed. */
  add(response: ServerResponse): void {
    this.#answers.add(response)
    whenGone(response, () => this.#answers.delete(response))
  }

  /** Makes every open answer close its connection. */
  endConnections(): void {
    for (const response of this.#answers) endConnection(response)
  }

  /** A signal for an answer that waits: aborts when its sender has disconnected, and at {@link endWaits}. */
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

  /** Ends all waits, those that begin later included. */
  endWaits(): void {
    this.#areWaitsOver = true
    for (const wait of this.#waits) wait.abort()
  }
}
