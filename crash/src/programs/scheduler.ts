// The stand-alone scheduler under test: `node scheduler.js <SchedulerConfig as JSON>`.
import { serveScheduler } from '@dispatch/scheduler'
import { type Armed, arm } from './kill-points.js'

export interface SchedulerConfig {
  readonly port: number
  readonly store: string
  readonly armed?: Armed | undefined
}

const { port, store, armed } = JSON.parse(process.argv[2] ?? '') as SchedulerConfig
arm(armed)
// The application is killed repeatedly: with the default back-off, calls would finally wait for minutes.
const retryPolicy = {
  delayMsMin: 20,
  delayMsMax: 400,
  giveUpAfterMs: 86_400_000,
  unknownFunctionMsMax: 600_000,
}
const served = await serveScheduler({ port, store, apiKeys: ['crash-tests'], retryPolicy })
// Before `ready` is printed, because a SIGTERM may follow immediately.
process.once('SIGTERM', async () => {
  await served.close(100)
  process.exit(0)
})
process.stdout.write('ready\n')
