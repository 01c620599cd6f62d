import { type Static, Type } from '@sinclair/typebox'
import { CsvError, parse } from 'csv-parse/sync'

/** One line of orders.csv. */
export const Order = Type.Object({
  id: Type.String(),
  customer: Type.String(),
  email: Type.String(),
  sku: Type.String(),
  quantity: Type.Integer({ minimum: 1 }),
  unitCents: Type.Integer({ minimum: 1 }),
  currency: Type.String(),
  country: Type.String(),
})
export type Order = Static<typeof Order>

/** A file that is not a list of orders; `message` has the line and the reason. */
export class OrdersFileError extends Error {
  override readonly name = 'OrdersFileError'
}

/** The orders of a CSV file. @throws {OrdersFileError} */
export function parseOrders(csv: string): Order[] {
  const orders = readRecords(csv).map(({ record, info }) => orderOf(record, info.lines))
  const ids = new Set(orders.map(({ id }) => id))
  if (orders.length === 0) throw new OrdersFileError('there are no orders in it')
  if (ids.size < orders.length) throw new OrdersFileError('there are two orders with one order_id in it')
  return orders
}

/** The file with its first orders only. A record may have line breaks in it, so lines do not count. */
export function firstOrders(csv: string, orders: number): string {
  const records = parse(csv, { raw: true, to: orders + 1 }) as unknown as { readonly raw: string }[]
  return records.map(({ raw }) => raw).join('')
}

interface Row {
  readonly record: Readonly<Record<string, string>>
  readonly info: { readonly lines: number }
}

function readRecords(csv: string): Row[] {
  try {
    return parse(csv, { columns: true, bom: true, info: true, skip_empty_lines: true })
  } catch (error) {
    if (error instanceof CsvError) throw new OrdersFileError(error.message)
    throw error
  }
}

function orderOf(record: Row['record'], line: number): Order {
  const text = (column: string): string => {
    const value = record[column]
    if (value) return value
    throw new OrdersFileError(`line ${line}: ${column} is missing`)
  }
  const count = (column: string): number => {
    const value = Number(text(column))
    if (Number.isSafeInteger(value) && value >= 1) return value
    throw new OrdersFileError(`line ${line}: ${column}: expected a positive integer, got ${record[column]}`)
  }
  return {
    id: text('order_id'),
    customer: text('customer'),
    email: text('email'),
    sku: text('sku'),
    quantity: count('quantity'),
    unitCents: count('unit_cents'),
    currency: text('currency'),
    country: text('country'),
  }
}
