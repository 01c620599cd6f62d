// P8: what an awaited call costs in a long chain, and whether it costs more the longer the chain is.
import { parseArguments } from '../../lib/measure/arguments.mjs'
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { metered } from '../../lib/measure/meter.mjs'
import { withEmbedded } from '../../lib/work/embedded.mjs'
import { startHttpPair } from '../../lib/work/http-pair.mjs'
import { runChain } from '../../lib/work/workloads.mjs'

const { isLong } = parseArguments()
const SHORT = 100
const MIDDLE = 1_000
const LONG = 10_000
const MIDDLE_HTTP = isLong ? MIDDLE : 250
const LONG_HTTP = isLong ? LONG : 1_000
const MIDDLE_HTTP_NAME = MIDDLE_HTTP.toLocaleString('en-US')
const LONG_HTTP_NAME = LONG_HTTP.toLocaleString('en-US')

const pair = await startHttpPair()

await benchmark({
  id: 'P8',
  title: 'a chain of awaited no-op calls in one function',
  how: `One function awaits 100, 1,000 or 10,000 calls one after the other (of 100 the mean of 10 chains, of 1,000 of 2); over HTTP (as P5) ${MIDDLE_HTTP_NAME} (of 2 chains, one before and one after the long one) and ${LONG_HTTP_NAME} (\`--long\`: 1,000 and 10,000). CPU grows with the length of a chain only if state or journal do; time also follows the disk.`,
  metrics: {
    shortMs: { name: '100, per call', unit: 'ms', atMost: 0.7, stretch: 0.45 },
    middleMs: { name: '1,000, per call', unit: 'ms', atMost: 0.7, stretch: 0.45 },
    longMs: { name: '10,000, per call', unit: 'ms', atMost: 0.7, stretch: 0.45 },
    longCpu: { name: '10,000, CPU per call', unit: 'µs' },
    growth: { name: 'CPU per call, 10,000 over 1,000', unit: 'x', atMost: 1.15 },
    growthMs: { name: 'time per call, 10,000 over 1,000', unit: 'x', atMost: 1.15 },
    httpMs: { name: `${MIDDLE_HTTP_NAME} over HTTP, per call`, unit: 'ms' },
    httpCpu: { name: `${LONG_HTTP_NAME} over HTTP, CPU per call`, unit: 'µs' },
    httpGrowth: {
      name: `CPU per call over HTTP, ${LONG_HTTP_NAME} over ${MIDDLE_HTTP_NAME}`,
      unit: 'x',
      atMost: 1.15,
    },
  },
  async measure({ count, folder }) {
    const [short, middle, long] = [count(SHORT), count(MIDDLE), count(LONG)]
    const embedded = await withEmbedded(folder(), { start: true }, async () => {
      const chains = (times, length) =>
        metered(async () => {
          for (let time = 0; time < times; time++) await runChain(length)
        })
      const tenShort = await chains(10, short)
      // Half before and half after, so that a disk that gets slower or faster meanwhile does not look like growth.
      const before = await chains(1, middle)
      const one = await chains(1, long)
      const after = await chains(1, middle)
      const middleMs = (before.ms + after.ms) / (2 * middle)
      const middleCpu = (before.cpuMicros + after.cpuMicros) / (2 * middle)
      return {
        shortMs: tenShort.ms / (10 * short),
        middleMs,
        longMs: one.ms / long,
        longCpu: one.cpuMicros / long,
        growth: one.cpuMicros / long / middleCpu,
        growthMs: one.ms / long / middleMs,
      }
    })
    const overHttp = (length) => metered(() => pair.application.ask('runChain', length), pair.children)
    const middleHttp = count(MIDDLE_HTTP)
    const longHttp = count(LONG_HTTP)
    const before = await overHttp(middleHttp)
    const one = await overHttp(longHttp)
    const after = await overHttp(middleHttp)
    return {
      ...embedded,
      httpMs: (before.ms + after.ms) / (2 * middleHttp),
      httpCpu: one.cpuMicros / longHttp,
      httpGrowth: one.cpuMicros / longHttp / ((before.cpuMicros + after.cpuMicros) / (2 * middleHttp)),
    }
  },
})
await pair.close()
