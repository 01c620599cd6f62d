import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { createApp } from './app.js'
import { type Options, parseOptions, USAGE } from './options.js'
import { firstOrders, parseOrders } from './order.js'
import { type PaymentService, paymentServiceAt, startPaymentService } from './payments/client.js'
import { createProgress } from './progress.js'
import { finishImport, type ImportState, ledgerPathOf, openImport } from './state-file.js'
import { summarize } from './summary.js'
import { count, paintOf } from './terminal.js'
import { watchImport } from './watch-import.js'

// When another process started this one, it ends with that.
if (process.send) process.once('disconnect', () => process.exit(1)).channel?.unref()

const stopping = new AbortController()

try {
  const options = parseOptions(process.argv.slice(2))
  if (options === undefined) console.log(USAGE)
  else process.exitCode = await main(options)
} catch (error) {
  // Requests to a shop that closes fail; that is expected.
  if (!stopping.signal.aborted) {
    console.error(`${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
}

/** Starts the shop, imports the orders as a client would, and prints the result. */
async function main(options: Options): Promise<number> {
  if (options.fresh) rmSync(options.state, { recursive: true, force: true })
  const csv = firstOrders(readFileSync(new URL('../orders.csv', import.meta.url), 'utf8'), options.orders)
  const digest = createHash('sha256').update(csv).digest('hex')
  const state = openImport(options.state, digest, Date.now())
  const payments = await openPayments(options, state)
  const app = await createApp({
    store: join(options.state, 'dispatch.db'),
    paymentsUrl: payments.url,
    paymentsTimeoutMs: 1_500,
  })
  const url = await listen(app, options.port)
  const close = async () => {
    await app.close()
    await payments.stop()
  }
  closeOnSignal(close)

  const isGood = await importOrders({ csv, url, app, payments, state })
  finishImport(options.state, state)
  if (options.once) await close()
  else
    console.log(
      `\nThe shop keeps running at ${url}; stop it with Ctrl-C. To import a file of your own:\n  curl --data-binary @orders.csv -H 'content-type: text/csv' ${url}/imports`,
    )
  return isGood ? 0 : 1
}

interface ImportOptions {
  readonly csv: string
  readonly url: string
  readonly app: FastifyInstance
  readonly payments: PaymentService
  readonly state: ImportState & { readonly isOld: boolean }
}

async function importOrders({ csv, url, app, payments, state }: ImportOptions): Promise<boolean> {
  const paint = paintOf(process.stdout)
  const orders = parseOrders(csv).map(({ id }) => id)
  const response = await fetch(`${url}/imports`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv', 'idempotency-key': `${state.digest} ${state.number}` },
    body: csv,
  })
  if (!response.ok) throw new Error(`POST ${url}/imports: ${response.status} ${await response.text()}`)
  const { id } = (await response.json()) as { readonly id: string }
  const { charges } = await payments.totals(id)
  console.log(
    `${paint('bold', `POST ${url}/imports`)} of ${count(orders.length)} orders${
      state.isOld ? `, continuing where the last process stopped: ${count(charges)} are charged` : ''
    }\n`,
  )
  const progress = createProgress(process.stdout)
  const watched = await watchImport({
    url: `${url}${response.headers.get('location')}`,
    importId: id,
    total: orders.length,
    payments,
    stats: () => app.dispatch.instance.stats(),
    show: progress.show,
  })
  progress.end()
  const { text, isGood } = summarize({
    ...watched,
    orders,
    stats: app.dispatch.instance.stats(),
    totals: await payments.totals(id),
    chargesByOrder: await payments.chargesByOrder(id),
    paint,
    lineLengthMax: process.stdout.columns ?? 120,
  })
  process.stdout.write(text)
  return isGood
}

async function openPayments(options: Options, state: ImportState): Promise<PaymentService> {
  if (options.payments !== undefined) return paymentServiceAt(options.payments)
  return await startPaymentService([
    `--ledger=${ledgerPathOf(options.state, state)}`,
    `--seed=${options.seed}`,
    `--harshness=${options.harshness}`,
    `--latency-ms=${options.latencyMs}`,
  ])
}

/** Listens on the port, or on a free one if it is in use. */
async function listen(app: FastifyInstance, port: number): Promise<string> {
  try {
    return await app.listen({ port, host: '127.0.0.1' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return await app.listen({ port: 0, host: '127.0.0.1' })
  }
}

function closeOnSignal(close: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      stopping.abort()
      console.log('\nStopping. Unfinished orders continue at the next start.')
      await close()
      process.exit(0)
    })
  }
}
