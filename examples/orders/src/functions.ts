import {
  type AnyDispatchFunction,
  type CallContext,
  DispatchError,
  type DispatchFunction,
  func,
  TimeoutError,
} from '@dispatch/core'
import { Type } from '@sinclair/typebox'
import { Order } from './order.js'

/** Dependencies of the functions. */
export interface FunctionsOptions {
  readonly paymentsUrl: string
  /** Longest time for a response of the payment service. */
  readonly paymentsTimeoutMs: number
}

/** The output of an import. */
export interface ImportResult {
  readonly orders: number
  /** By currency. */
  readonly cents: Readonly<Record<string, number>>
}

/** The durable functions of the shop. */
export function createFunctions(options: FunctionsOptions): {
  readonly all: readonly AnyDispatchFunction[]
  readonly importOrders: DispatchFunction<Order[], ImportResult>
} {
  const post = async (path: string, body: object, call: CallContext): Promise<{ readonly id: string }> => {
    const timeout = new AbortController()
    // Not AbortSignal.timeout(): one that only AbortSignal.any() knows may be collected before it fires (nodejs/node#57736).
    const timer = setTimeout(() => timeout.abort(new TimeoutError('no answer')), options.paymentsTimeoutMs)
    try {
      const response = await fetch(`${options.paymentsUrl}${path}`, {
        method: 'POST',
        // The same in every attempt and every process, so the service can recognise a repeated request.
        headers: { 'content-type': 'application/json', 'idempotency-key': call.dispatchId },
        body: JSON.stringify(body),
        signal: AbortSignal.any([call.signal, timeout.signal]),
      })
      if (!response.ok) throw DispatchError.from(response)
      return (await response.json()) as { id: string }
    } finally {
      clearTimeout(timer)
    }
  }

  const reserve = func('reserve', { input: Order }, (order) => ({
    warehouse: NORTHERN.has(order.country) ? 'Malmö' : 'Lyon',
  }))

  const charge = func('charge', { input: Order }, async (order, call) => {
    const { id, currency } = order
    const body = { import: call.rootDispatchId, order: id, cents: centsOf(order), currency }
    return (await post('/charges', body, call)).id
  })

  const Receipt = Type.Object({ order: Type.String(), email: Type.String(), charge: Type.String() })
  const receipt = func('receipt', { input: Receipt }, async (input, call) => {
    return (await post('/receipts', { import: call.rootDispatchId, ...input }, call)).id
  })

  const fulfil = func('fulfil', { input: Order }, async (order) => {
    const { warehouse } = await reserve.await(order)
    const chargeId = await charge.await(order)
    await receipt.await({ order: order.id, email: order.email, charge: chargeId })
    return { warehouse, charge: chargeId }
  })

  const importOrders = func('importOrders', { input: Type.Array(Order) }, async (orders) => {
    const parcels = await fulfil.gather(orders)
    const cents: Record<string, number> = {}
    for (const order of orders) cents[order.currency] = (cents[order.currency] ?? 0) + centsOf(order)
    return { orders: parcels.length, cents }
  })

  return { all: [reserve, charge, receipt, fulfil, importOrders], importOrders }
}

const NORTHERN: ReadonlySet<string> = new Set(['DE', 'DK', 'GB', 'IE', 'NL', 'PL', 'SE'])

function centsOf({ quantity, unitCents }: Order): number {
  return quantity * unitCents
}
