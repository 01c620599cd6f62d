import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { createPaymentService } from './service.js'

// The payment service as a process of its own. It sends its port to the parent process, and ends with it.
const { values } = parseArgs({
  options: {
    ledger: { type: 'string', default: '.dispatch/payments.jsonl' },
    port: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    harshness: { type: 'string', default: '1' },
    'latency-ms': { type: 'string', default: '130' },
  },
})
const service = createPaymentService({
  ledger: values.ledger,
  seed: Number(values.seed),
  harshness: Number(values.harshness),
  latencyMs: Number(values['latency-ms']),
})
service.listen(Number(values.port), '127.0.0.1', () => {
  const { port } = service.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  if (process.send) process.send({ url })
  else console.log(`payment service at ${url}`)
})
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole process group; the application still needs this process, and then stops it.
if (process.send) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
