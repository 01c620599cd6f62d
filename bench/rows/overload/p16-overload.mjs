// P16: ten times more than a process can take, and afterwards.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatSigningKey, formatVerificationKey, generateKeyPair } from '@dispatch/protocol/signature'
import { parseArguments } from '../../lib/measure/arguments.mjs'
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { median, quantile } from '../../lib/measure/stats.mjs'
import { startChild } from '../../lib/work/child.mjs'
import { createSteadyLoad } from '../../lib/work/load.mjs'

const { isLong } = parseArguments()

const OVERLOAD_MS = isLong ? 60_000 : 4_000
const FACTOR = 10

/** Two seconds of work, so that accepted calls do not wait longer. */
const LIVE_CALLS_MAX = 4_000

const REQUESTS_PER_SECOND = 100

/** Back to normal: a call takes no longer than so many times what it took before. */
const NORMAL = 3
const PROBES = 10

await benchmark({
  id: 'P16',
  title: `ten times more calls than a process can run, for ${OVERLOAD_MS / 1000} s`,
  how: `A function that can run 2,000 times a second, handed over up to 20,000 times a second whatever becomes of earlier calls, at a bound of 4,000 live calls; the application's own route is asked 100 times a second by another process. Embedded, and over HTTP (as P5). Normal again: a call takes at most ${NORMAL} times what it took before. RSS from a third of the time to its end. Everything acknowledged has run in the end. ${isLong ? '' : '`--long`: 60 s.'}`.trim(),
  runs: 1,
  warmUp: false,
  metrics: {
    offered: { name: 'handed over a second', unit: 'calls' },
    accepted: { name: 'accepted, of those handed over', unit: '%' },
    lost: { name: 'acknowledged and not run', unit: 'calls', atMost: 0 },
    silent: { name: 'refused without a time to come again', unit: 'calls', atMost: 0 },
    recoveryMs: { name: 'until normal again', unit: 'ms', atMost: 10_000, stretch: 5_000 },
    rssGrowth: { name: 'RSS growth', unit: 'MB', atMost: 100, stretch: 50 },
    route: { name: 'own route, p99 meanwhile', unit: 'ms' },
    pauseMs: { name: 'longest pause of the event loop', unit: 'ms' },
    httpOffered: { name: 'HTTP: handed over a second', unit: 'calls' },
    httpAccepted: { name: 'HTTP: accepted, of those handed over', unit: '%' },
    httpLost: { name: 'HTTP: acknowledged and not run', unit: 'calls', atMost: 0 },
    httpSilent: { name: 'HTTP: refused without a time to come again', unit: 'calls', atMost: 0 },
    httpRecoveryMs: { name: 'HTTP: until normal again', unit: 'ms', atMost: 20_000, stretch: 10_000 },
    httpRssGrowth: { name: 'HTTP: RSS growth, application', unit: 'MB', atMost: 100, stretch: 50 },
    httpSchedulerRss: { name: 'HTTP: RSS growth, scheduler', unit: 'MB', atMost: 100, stretch: 50 },
    httpRoute: { name: 'HTTP: own route, p99 meanwhile', unit: 'ms' },
  },
  async measure({ count, folder }) {
    const ms = count(OVERLOAD_MS)
    const embedded = startChild('overloaded')
    const alone = await overload(embedded, { folder: folder(), liveCallsMax: LIVE_CALLS_MAX }, ms)
    await embedded.stop()

    const keys = generateKeyPair()
    const apiKey = 'bench-application'
    const scheduler = startChild('scheduler')
    const apiUrl = await scheduler.ask('open', {
      store: join(folder(), 'scheduler.db'),
      apiKeys: [apiKey],
      signingKey: formatSigningKey(keys.privateKey),
      liveCallsMax: LIVE_CALLS_MAX,
    })
    const application = startChild('overloaded')
    const verificationKey = formatVerificationKey(keys.publicKey)
    const options = { apiUrl, apiKey, verificationKey, liveCallsMax: LIVE_CALLS_MAX }
    const http = await overload(application, options, ms, scheduler)
    await application.stop()
    await scheduler.stop()
    return {
      ...alone,
      httpOffered: http.offered,
      httpAccepted: http.accepted,
      httpLost: http.lost,
      httpSilent: http.silent,
      httpRecoveryMs: http.recoveryMs,
      httpRssGrowth: http.rssGrowth,
      httpSchedulerRss: http.schedulerRss,
      httpRoute: http.route,
    }
  },
})

/**
 * @param {import('../../lib/work/child.mjs').Child} application
 * @param {object} options
 * @param {number} ms
 * @param {import('../../lib/work/child.mjs').Child} [scheduler]
 */
async function overload(application, options, ms, scheduler) {
  const url = await application.ask('open', options)
  const capacity = await application.ask('capacity')
  const load = createSteadyLoad(`${url}/orders/A-10001`, REQUESTS_PER_SECOND)
  const quiet = []
  for (let probe = 0; probe < PROBES; probe++) quiet.push(await application.ask('latency'))
  const normalMs = NORMAL * median(quiet)

  const schedulerEarly = sleep(ms / 3).then(() => scheduler?.ask('rss'))
  const overloaded = application.ask('overload', FACTOR * capacity, ms)
  const route = quantile(await load.latencies(overloaded), 0.99)
  const { perSecond, rssEarly, rssLate, pauseMs } = await overloaded
  const endedMs = performance.now()
  const schedulerRss = ((await scheduler?.ask('rss')) ?? 0) - ((await schedulerEarly) ?? 0)
  while ((await application.ask('latency')) > normalMs);
  const recoveryMs = performance.now() - endedMs

  const { offered, accepted, throttled, hinted, failed, executed } = await application.ask('settled')
  if (failed > 0) throw new Error(`${failed} of ${offered} calls failed otherwise than by refusal`)
  await load.close()
  return {
    offered: perSecond,
    accepted: (100 * accepted) / offered,
    lost: Math.max(0, accepted - executed),
    silent: throttled - hinted,
    recoveryMs,
    rssGrowth: (rssLate - rssEarly) / 1e6,
    schedulerRss: schedulerRss / 1e6,
    route,
    pauseMs,
  }
}
