import { table } from './table.mjs'

/** Concurrent runs of the round trip that the first table describes. */
const RUNS = 80

/** What the adaptive limit does, found by running it. */
export function adaptiveTables({ AdaptiveLimit, FUNCTION_LIMIT }) {
  const { floor, ceiling } = FUNCTION_LIMIT
  const afterLess = [1, 2, 10, RUNS / 2, RUNS].map((less) => [
    `${less} of ${RUNS}`,
    limitAfter(AdaptiveLimit, { floor, ceiling, less }),
  ])
  const growth = growthOf(new AdaptiveLimit(FUNCTION_LIMIT), ceiling)
  const roundTrips = [0, 5, 10, 20, 30, growth.length - 1]
  return [
    `One round trip of ${RUNS} concurrent runs under a limit of ${RUNS}:\n\n`,
    table(['runs that lower it', 'limit afterwards'], afterLess),
    '\nA function that always has work and whose runs all end with `ok`:\n\n',
    table(
      ['round trips', ...roundTrips.map(String)],
      [['limit', ...roundTrips.map((count) => String(growth[count]))]],
    ),
  ].join('')
}

/** The limit after a round trip in which so many of {@link RUNS} runs lowered it. */
function limitAfter(AdaptiveLimit, { floor, ceiling, less }) {
  const limit = new AdaptiveLimit({ start: RUNS, floor, ceiling })
  for (let run = 0; run < RUNS; run += 1) limit.take()
  for (let run = 1; run <= less; run += 1) {
    limit.decrease(run, RUNS)
    limit.release()
  }
  return limit.limit
}

/** The limit after each round trip of a function whose runs all raise it. */
function growthOf(limit, ceiling) {
  const growth = [limit.limit]
  let latestRun = 0
  while (growth.at(-1) < ceiling) {
    const first = latestRun + 1
    while (limit.hasCapacity) {
      limit.take()
      latestRun += 1
    }
    for (let run = first; run <= latestRun; run += 1) limit.increase(run, latestRun)
    for (let run = first; run <= latestRun; run += 1) limit.release()
    growth.push(limit.limit)
  }
  return growth
}
