import { setTimeout as pause } from 'node:timers/promises'
import type { DispatchOrder, Ending } from '../programs/app.js'
import { postJson } from '../programs/json-exchange.js'

/** A call that was requested from the application. */
export interface Order extends DispatchOrder {
  /** The id it was acknowledged with. */
  dispatchId?: string
}

/** Delay before an order with an id is sent again after a failure. */
const REPEAT_MS = 40

/** A client of the application that records which calls were acknowledged. */
export class Client {
  readonly orders: Order[] = []
  readonly #appUrl: string
  readonly #underWay = new Set<Promise<void>>()
  #isLast = false

  constructor(appUrl: string) {
    this.#appUrl = appUrl
  }

  /** Sends an order in the background; repeatedly until it is acknowledged, if it has an id. */
  send(order: Order): void {
    this.orders.push(order)
    const sent = this.#deliver(order).finally(() => this.#underWay.delete(sent))
    this.#underWay.add(sent)
  }

  /** Resolves when no request is pending. The application must be running. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  /** Gives up on orders that have not been acknowledged. */
  stop(): void {
    this.#isLast = true
  }

  /** Waits for a call to end and resolves with its outcome. */
  endingOf(id: string): Promise<Ending> {
    return postJson(`${this.#appUrl}/ending`, { id })
  }

  async #deliver(order: Order): Promise<void> {
    do {
      try {
        order.dispatchId = await postJson<string>(`${this.#appUrl}/dispatch`, order)
        return
      } catch {
        // Refused or disconnected: the call may be recorded or not.
        await pause(REPEAT_MS)
      }
    } while (order.id !== undefined && !this.#isLast)
  }
}
