import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ImportTotals } from './ledger.js'

/** A payment service that was started, or one that is already running. */
export interface PaymentService {
  readonly url: string
  /** Its totals of an import. */
  totals(importId: string): Promise<ImportTotals>
  /** How often each order was charged. */
  chargesByOrder(importId: string): Promise<Readonly<Record<string, number>>>
  stop(): Promise<void>
}

/** Starts the payment service in a process of its own, which ends with this one. */
export async function startPaymentService(args: readonly string[]): Promise<PaymentService> {
  const child = fork(fileURLToPath(new URL('./main.js', import.meta.url)), args)
  const exited = once(child, 'exit')
  const message = await Promise.race([once(child, 'message').then(([first]) => first as unknown), exited])
  if (typeof message !== 'object' || message === null || !('url' in message)) {
    throw new Error('the payment service did not start')
  }
  return {
    ...paymentServiceAt(String(message.url)),
    async stop() {
      child.disconnect()
      await exited
    },
  }
}

/** A payment service that is already running. */
export function paymentServiceAt(url: string): PaymentService {
  const get = async <T>(path: string, importId: string): Promise<T> => {
    const response = await fetch(`${url}${path}?import=${encodeURIComponent(importId)}`)
    return (await response.json()) as T
  }
  return {
    url,
    totals: (importId) => get('/totals', importId),
    chargesByOrder: (importId) => get('/charges', importId),
    async stop() {},
  }
}
