import { table } from './table.mjs'

/** Calls that are simulated for a row. */
const CALLS = 501

/** How long the back-off of a call takes in all that fails in each of its attempts, by `attemptsMax`. */
export function waitsTable(policy) {
  return table(
    ['`attemptsMax`', 'half of the calls end within', '90 % within', 'all within'],
    [2, 3, 5, 8, 10, 12, 15, 20].map((attemptsMax) => {
      const ends = simulate(policy, { attemptsMax, giveUpAfterMs: Number.MAX_SAFE_INTEGER })
      const times = ends.map(({ atMs }) => atMs).sort((a, b) => a - b)
      const longest = times.length && longestOf(policy, attemptsMax)
      return [attemptsMax, text(quantile(times, 0.5)), text(quantile(times, 0.9)), text(longest)]
    }),
  )
}

/** How many attempts a call gets that fails in each of them, by `giveUpAfter`. */
export function giveUpTable(policy) {
  const minutes = [
    ['10 s', 1 / 6],
    ['1 min', 1],
    ['10 min', 10],
    ['1 h', 60],
    ['24 h (default)', 1_440],
  ]
  return table(
    ['`giveUpAfter`', 'attempts, half of the calls', '90 % of the calls', 'last attempt'],
    minutes.map(([name, length]) => {
      const giveUpAfterMs = length * 60_000
      const ends = simulate(policy, { attemptsMax: 0, giveUpAfterMs })
      const attempts = ends.map((end) => end.attempts).sort((a, b) => a - b)
      const lasts = ends.map(({ atMs }) => atMs).sort((a, b) => a - b)
      return [
        name,
        quantile(attempts, 0.5),
        `${quantile(attempts, 0.05)} to ${quantile(attempts, 0.95)}`,
        `after ${text(quantile(lasts, 0.5))}`,
      ]
    }),
  )
}

/** Attempts of calls that fail at once in each of them, and the time of the last, from a fixed seed. */
function simulate({ RETRY_POLICY, retryAtMs }, { attemptsMax, giveUpAfterMs }) {
  const random = createRandom(1)
  return Array.from({ length: CALLS }, () => {
    let nowMs = 0
    for (let attempts = 1; ; attempts += 1) {
      const call = { attempts, attemptsMax, giveUpAfterMs, progressAtMs: 0, floorMs: 0, nowMs }
      const dueAtMs = retryAtMs(RETRY_POLICY, { ...call, latestMs: Number.POSITIVE_INFINITY, roll: random() })
      if (dueAtMs === undefined) return { attempts, atMs: nowMs }
      nowMs = dueAtMs
    }
  })
}

/** The sum of the longest waits. */
function longestOf({ RETRY_POLICY, retryDelayMs }, attemptsMax) {
  let sumMs = 0
  for (let attempts = 1; attempts < attemptsMax; attempts += 1) {
    sumMs += retryDelayMs(RETRY_POLICY, attempts, 1, 0)
  }
  return sumMs
}

/** mulberry32: uniform in [0, 1), the same everywhere. */
function createRandom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

/** `450 ms`, `1.2 s`, `3 min`, `2.1 h`: two digits. */
function text(ms) {
  const [unit, name] =
    ms < 1_000 ? [1, 'ms'] : ms < 120_000 ? [1_000, 's'] : ms < 7_200_000 ? [60_000, 'min'] : [3_600_000, 'h']
  return `${Number((ms / unit).toPrecision(2))} ${name}`
}
