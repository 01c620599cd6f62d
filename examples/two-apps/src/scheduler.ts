import { serveScheduler } from '@dispatch/scheduler'

const scheduler = await serveScheduler({
  store: process.env.SCHEDULER_STORE ?? '.dispatch/scheduler.db',
  port: Number(process.env.PORT ?? 8001),
  apiKeys: (process.env.SCHEDULER_API_KEYS ?? '').split(','),
  allowedEndpoints: (process.env.SCHEDULER_ENDPOINTS ?? '').split(','),
  signingKey: process.env.SCHEDULER_SIGNING_KEY ?? '',
})
console.log(`scheduler at ${scheduler.url}`)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => scheduler.close())
