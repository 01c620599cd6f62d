// Kills the import with SIGKILL at random moments, starts it again each time, and then looks at the ledger of the
// payment service, which was never killed: every order is charged exactly once, and none is left.
//
//   node crash.mjs [--kills 20] [--orders 300] [--seed 1]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRandom } from './dist/payments/randomness.js'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    orders: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
})
const [kills, orders, seed] = [Number(values.kills), Number(values.orders), Number(values.seed)]
const random = createRandom(seed)
const folder = mkdtempSync(join(tmpdir(), 'dispatch-orders-'))
const ledger = join(folder, 'payments.jsonl')

console.log(`${kills} kills in an import of ${orders} orders, seed ${seed}`)
const payments = start('./dist/payments/main.js', [
  '--ledger',
  ledger,
  '--latency-ms',
  '60',
  '--harshness',
  '0.3',
])
const paymentsUrl = await lineOf(payments, /http:\S+/)
try {
  for (let kill = 1; kill <= kills; kill += 1) await runAndKill(kill)
  const { code, output } = await run()
  process.stdout.write(output.slice(output.indexOf('The payment service')))
  process.exitCode = verdict(code)
} finally {
  payments.kill()
  if (!process.exitCode) rmSync(folder, { recursive: true, force: true })
}

/** Starts the application, and kills it: one time in five while it starts, else somewhere in its work. */
async function runAndKill(kill) {
  const before = entries().length
  const app = startApp()
  const closed = once(app, 'close').then(() => 'closed')
  const isEarly = random() < 0.2
  const entriesWanted = Math.floor(random() * 2 * 0.9 * ((2 * orders) / kills))
  const delayMs = Math.floor(random() * (isEarly ? 1_000 : 50))
  if (!isEarly) {
    while (entries().length < before + entriesWanted) {
      if ((await Promise.race([closed, sleep(10)])) === 'closed') break
    }
  }
  await sleep(delayMs)
  app.kill('SIGKILL')
  await closed
  const moment = isEarly ? `${delayMs} ms after its start` : `${delayMs} ms after ${entriesWanted} steps`
  console.log(
    `kill ${String(kill).padStart(2)}, ${moment.padEnd(22)} ${entries().length - before} charges and receipts`,
  )
}

/** Lets the application come to its end. */
async function run() {
  const app = startApp()
  let output = ''
  app.stdout.on('data', (chunk) => {
    output += chunk
  })
  const [code] = await once(app, 'close')
  return { code, output }
}

function startApp() {
  const state = join(folder, 'state')
  const args = [
    '--once',
    '--port',
    '0',
    '--state',
    state,
    '--orders',
    String(orders),
    '--payments',
    paymentsUrl,
  ]
  return start('./dist/main.js', args)
}

function start(script, args) {
  const path = fileURLToPath(new URL(script, import.meta.url))
  return spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** What matches in the output of a process, as soon as it is there. */
async function lineOf(child, pattern) {
  let text = ''
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    text += chunk
    const match = pattern.exec(text)
    if (match) {
      child.stdout.resume()
      return match[0]
    }
  }
  throw new Error(`a process ended before it said ${pattern}: ${text}`)
}

/** What the payment service did: charges and receipts. */
function entries() {
  const lines = readFileSync(ledger, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind !== 'outcome')
}

function verdict(code) {
  const counts = new Map()
  for (const { kind, import: id, order } of entries()) {
    if (kind === 'charge') counts.set(`${id} ${order}`, (counts.get(`${id} ${order}`) ?? 0) + 1)
  }
  const imports = new Set(entries().map((entry) => entry.import)).size
  const twice = [...counts.values()].filter((count) => count > 1).length
  const missing = imports * orders - counts.size
  const receipts = entries().filter(({ kind }) => kind === 'receipt').length
  const isGood = code === 0 && twice === 0 && missing === 0 && receipts === imports * orders
  console.log(
    `${isGood ? 'ok' : `FAILED, see ${folder}`}: exit code ${code}, ${counts.size} orders charged, ${twice} twice, ${missing} missing, ${receipts} receipts, after ${kills} kills`,
  )
  return isGood ? 0 : 1
}
