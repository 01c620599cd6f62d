import { func } from '@dispatch/core'

/** What the shop orders from the warehouse. */
export interface Parcel {
  readonly order: string
  readonly items: readonly string[]
}

/** A function of the warehouse. The shop imports it as well, to call it by its name and with its types. */
export const ship = func('ship', async ({ order, items }: Parcel, call) => {
  await call.sleep('200ms') // Somebody has to find the items.
  return { order, shipped: items.length, by: `warehouse, process ${process.pid}` }
})
