import { setTimeout as sleep } from 'node:timers/promises'
import { type FunctionStats, STATUSES, type Status } from '@dispatch/core'
import type { PaymentService } from './payments/client.js'
import type { Snapshot } from './progress.js'

/** What is watched, and who looks. */
export interface WatchOptions {
  /** Where the application serves the state of the import: 202 until it is done, then 200 with its status. */
  readonly url: string
  readonly importId: string
  readonly total: number
  readonly payments: PaymentService
  readonly stats: () => readonly FunctionStats[]
  readonly show: (snapshot: Snapshot) => void
}

/** How an import ended. */
export interface Watched {
  /** `'ok'`, or the status of its failure. */
  readonly status: string
  readonly wallMs: number
  /** The limit of `charge` over time. */
  readonly limits: readonly number[]
}

const SHOW_EVERY_MS = 100
const SAMPLE_EVERY_MS = 50

/** Looks at an import until it is done. */
export async function watchImport(options: WatchOptions): Promise<Watched> {
  const { url, importId, total, payments, stats, show } = options
  const beganAtMs = performance.now()
  const limits: number[] = []
  const sampler = setInterval(() => {
    const limit = stats().find(({ function: name }) => name === 'charge')?.limit
    if (limit !== undefined) limits.push(limit)
  }, SAMPLE_EVERY_MS)
  try {
    for (;;) {
      const response = await fetch(url)
      const { status = '' } = (await response.json()) as { readonly status?: string }
      const { receipts } = await payments.totals(importId)
      const elapsedMs = performance.now() - beganAtMs
      show({ elapsedMs, done: receipts, total, limits, retries: retriesOf(stats()) })
      if (response.status === 200) return { status, wallMs: elapsedMs, limits }
      await sleep(SHOW_EVERY_MS)
    }
  } finally {
    clearInterval(sampler)
  }
}

/** Attempts that ended with a status that is tried again. */
function retriesOf(stats: readonly FunctionStats[]): number {
  let retries = 0
  for (const { ended } of stats) {
    for (const [status, times] of Object.entries(ended) as [Status, number][]) {
      if (STATUSES[status].retry !== 'no') retries += times
    }
  }
  return retries
}
