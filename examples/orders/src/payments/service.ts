import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Entry, type Outcome, openLedger } from './ledger.js'
import { createRandom, seedOf } from './randomness.js'
import { createWeather } from './weather.js'

/** Options of the payment service. */
export interface PaymentServiceOptions {
  /** File of its ledger. */
  readonly ledger: string
  /** The same seed injects the same faults. */
  readonly seed: number
  /** How many faults it injects: 1 many, 0 none. */
  readonly harshness: number
  /** Average response time in good conditions. */
  readonly latencyMs: number
}

/**
 * An external payment service: it charges once per idempotency key and is unreliable. It throttles (429 with
 * `Retry-After`), is unavailable (503), resets connections, before or after it did its work, and sometimes does its
 * work without responding.
 */
export function createPaymentService(options: PaymentServiceOptions): Server {
  const ledger = openLedger(options.ledger)
  const weather = createWeather(options.seed, options.harshness)
  const attempts = new Map<string, number>()
  let busy = 0
  let beganAtMs: number | undefined

  /** Decides what happens to a request, by the seed, its key and how often it came. */
  const fateOf = (
    key: string,
  ): { readonly rollFault: number; readonly rollKind: number; rollWait: number } => {
    const attempt = (attempts.get(key) ?? 0) + 1
    attempts.set(key, attempt)
    const random = createRandom(seedOf(`${options.seed} ${key} ${attempt}`))
    return { rollFault: random(), rollKind: random(), rollWait: random() }
  }

  const work = async (entry: Entry, response: ServerResponse): Promise<void> => {
    beganAtMs ??= Date.now()
    const { capacity, faultRate, slowness } = weather(Date.now() - beganAtMs)
    const note = (outcome: Outcome) => ledger.note(entry.import, outcome)
    if (busy >= capacity) {
      note('throttled')
      return answer(response, 429, { error: 'too many concurrent requests' }, { 'retry-after': '1' })
    }
    busy += 1
    response.on('close', () => {
      busy -= 1
    })
    const { rollFault, rollKind, rollWait } = fateOf(entry.key)
    const fault = rollFault < faultRate ? faultOf(rollKind) : undefined
    const shareOfTime = entry.kind === 'charge' ? 1 : 0.3
    await sleep(options.latencyMs * slowness * shareOfTime * (0.5 + rollWait))
    if (fault === 'unavailable') {
      note(fault)
      return answer(response, 503, { error: 'come back later' })
    }
    if (fault === 'cut') {
      note(fault)
      response.destroy()
      return
    }
    const known = ledger.find(entry.key)
    if (known === undefined) ledger.record(entry)
    note(fault ?? (known === undefined ? 'done' : 'repeated'))
    if (fault === 'cut_after') response.destroy()
    if (fault === undefined) answer(response, known === undefined ? 201 : 200, { id: known?.id ?? entry.id })
  }

  const server = createServer((request, response) => {
    void readJson(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://payments')
      const importId = url.searchParams.get('import') ?? ''
      const key = request.headers['idempotency-key']
      const kind = KINDS.get(`${request.method} ${url.pathname}`)
      if (kind === 'totals') return answer(response, 200, ledger.totals(importId))
      if (kind === 'charges') return answer(response, 200, ledger.chargesByOrder(importId))
      if (kind === undefined) return answer(response, 404, { error: 'no such resource' })
      if (typeof key !== 'string') return answer(response, 400, { error: 'an idempotency-key is required' })
      return work({ ...(body as Entry), kind, key, id: `${kind}_${seedOf(key).toString(36)}` }, response)
    })
  })
  server.on('close', () => ledger.close())
  return server
}

const KINDS: ReadonlyMap<string, 'charge' | 'receipt' | 'totals' | 'charges'> = new Map([
  ['POST /charges', 'charge'],
  ['POST /receipts', 'receipt'],
  ['GET /totals', 'totals'],
  ['GET /charges', 'charges'],
])

function faultOf(roll: number): Exclude<Outcome, 'done' | 'repeated' | 'throttled'> {
  if (roll < 0.45) return 'unavailable'
  if (roll < 0.65) return 'cut'
  if (roll < 0.85) return 'cut_after'
  return 'silent'
}

function answer(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) text += chunk
  return text === '' ? {} : JSON.parse(text)
}
