import { setTimeout as pause } from 'node:timers/promises'
import type { DispatchOrder, Ending } from '../programs/app.js'
import { postJson } from '../programs/json-exchange.js'

/** A call that the application was asked for. */
export interface Order extends DispatchOrder {
  /** The id it was acknowledged with. */
  dispatchId?: string
}

/** How long after a failure an order with an id is sent again. */
const REPEAT_MS = 40

/** Whoever uses the application, and remembers what was acknowledged. */
export class Client {
  readonly orders: Order[] = []
  readonly #appUrl: string
  readonly #underWay = new Set<Promise<void>>()
  #isLast = false

  constructor(appUrl: string) {
    this.#appUrl = appUrl
  }

  /** Sends an order, in the background; again and again until it is acknowledged, if it has an id. */
  send(order: Order): void {
    this.orders.push(order)
    const sent = this.#deliver(order).finally(() => this.#underWay.delete(sent))
    this.#underWay.add(sent)
  }

  /** Resolves when nothing is under way any more. The application has to be there. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  /** Gives up what has not been acknowledged. */
  stop(): void {
    this.#isLast = true
  }

  /** How a call ends. Waits for that. */
  endingOf(id: string): Promise<Ending> {
    return postJson(`${this.#appUrl}/ending`, { id })
  }

  async #deliver(order: Order): Promise<void> {
    do {
      try {
        order.dispatchId = await postJson<string>(`${this.#appUrl}/dispatch`, order)
        return
      } catch {
        // Refused, or cut off: it may be recorded or not.
        await pause(REPEAT_MS)
      }
    } while (order.id !== undefined && !this.#isLast)
  }
}
