// The application under test: `node app.js <AppConfig as JSON>`. It prints `ready` and shuts down on SIGTERM.
import { createServer } from 'node:http'
import { Dispatch, DispatchError } from '@dispatch/core'
import { createFunctions, type Kind } from './functions.js'
import { answerJson, postJson } from './json-exchange.js'
import { type Armed, arm, at } from './kill-points.js'

export interface AppConfig {
  readonly port: number
  readonly ledgerUrl: string
  /** File of the embedded scheduler, or the URL of a stand-alone one. */
  readonly store?: string
  readonly apiUrl?: string
  readonly armed?: Armed | undefined
}

export interface DispatchOrder {
  readonly kind: Kind
  readonly name: string
  /** Idempotency id: a repeated order is the same call. */
  readonly id?: string
}

/** Outcome of a call. */
export interface Ending {
  readonly status: string
  /** The output, or the message of the failure. */
  readonly outcome: string
}

const config = JSON.parse(process.argv[2] ?? '') as AppConfig
arm(config.armed)
const functions = createFunctions(async (step, key) => {
  const times = await postJson<number>(config.ledgerUrl, { step, key }, () => at('effect-sent'))
  at('effect-done')
  return times
})
const dispatch = new Dispatch({
  functions: functions.all,
  ...(config.store !== undefined && { store: config.store }),
  ...(config.apiUrl !== undefined && { apiUrl: config.apiUrl, apiKey: 'crash-tests' }),
  endpointUrl: `http://127.0.0.1:${config.port}`,
  allowUnsigned: true,
  env: {},
})
const runs = dispatch.handler()
const orders = answerJson(async (path, value: DispatchOrder & { id: string }) => {
  if (path === '/dispatch') return (await functions.dispatch(value.kind, value.name, value.id)).id
  return endingOf(value.id)
})
const server = createServer((request, response) => {
  if (request.url?.startsWith(dispatch.path)) return runs(request, response)
  if (request.url === '/dispatch') response.once('finish', () => at('acknowledged'))
  return orders(request, response)
})

await dispatch.open()
await new Promise<void>((resolve) => server.listen(config.port, '127.0.0.1', resolve))
await dispatch.start()
// Before `ready` is printed, because a SIGTERM may follow immediately.
process.once('SIGTERM', async () => {
  await dispatch.close()
  process.exit(0)
})
process.stdout.write('ready\n')

async function endingOf(id: string): Promise<Ending> {
  try {
    return { status: 'ok', outcome: await dispatch.call<string>(id).result({ timeout: '60s' }) }
  } catch (error) {
    if (error instanceof DispatchError) return { status: error.status, outcome: error.message }
    throw error
  }
}
