import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Starts the scheduler and the two applications, each a process of its own, places an order, and prints the result. In
// production these are three deployments, and the variables below are set in each.
const isOnce = process.argv.includes('--once')
const state = process.env.TWO_APPS_STATE ?? '.dispatch'
const [schedulerPort, shopPort, warehousePort] = await freePorts(3)
const shopUrl = `http://localhost:${shopPort}`
const warehouseUrl = `http://localhost:${warehousePort}`
const keys = generateKeyPairSync('ed25519')
const apiKeys = { shop: randomBytes(16).toString('hex'), warehouse: randomBytes(16).toString('hex') }
const applications = {
  DISPATCH_API_URL: `http://127.0.0.1:${schedulerPort}`,
  DISPATCH_VERIFICATION_KEY: keys.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
}

const processes = [
  start('scheduler', {
    PORT: `${schedulerPort}`,
    SCHEDULER_STORE: join(state, 'scheduler.db'),
    SCHEDULER_API_KEYS: Object.values(apiKeys).join(','),
    SCHEDULER_ENDPOINTS: `${shopUrl},${warehouseUrl}`,
    SCHEDULER_SIGNING_KEY: keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }),
  start('warehouse', {
    ...applications,
    PORT: `${warehousePort}`,
    DISPATCH_API_KEY: apiKeys.warehouse,
    DISPATCH_ENDPOINT_URL: warehouseUrl,
  }),
  start('shop', {
    ...applications,
    PORT: `${shopPort}`,
    DISPATCH_API_KEY: apiKeys.shop,
    DISPATCH_ENDPOINT_URL: shopUrl,
    WAREHOUSE_URL: warehouseUrl,
  }),
]
await Promise.all(processes.map(isOpen))

const order = { order: 'A-10001', items: ['Office chair "Aria"', 'Desk mat'] }
const response = await fetch(`${shopUrl}/orders?wait=30s`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(order),
})
console.log(`POST ${shopUrl}/orders: ${response.status}`)
console.log(await response.json())

if (isOnce) for (const child of processes) child.kill('SIGTERM')
// Ctrl-C reaches the child processes too.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {
  for (const child of processes) child.kill('SIGTERM')
})

function start(name: string, env: Readonly<Record<string, string>>): ChildProcess {
  const script = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
  return spawn(process.execPath, [script], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** Forwards the output of a process, and resolves at its first line, which it prints when it is ready. */
async function isOpen(child: ChildProcess): Promise<void> {
  child.stdout?.pipe(process.stdout, { end: false })
  const first = await Promise.race([
    once(child.stdout as NodeJS.ReadableStream, 'data'),
    once(child, 'close').then(() => undefined),
  ])
  if (first === undefined) throw new Error('one of the processes did not start')
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, 'localhost'))
  const ports: number[] = []
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening')
    const address = server.address()
    if (typeof address === 'object' && address !== null) ports.push(address.port)
  }
  for (const server of servers) server.close()
  return ports
}
