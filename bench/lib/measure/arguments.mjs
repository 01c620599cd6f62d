/** Share of the calls that a quick run makes: enough to see that a benchmark works, too few to measure. */
const QUICK_SHARE = 1 / 200
const QUICK_COUNT_MIN = 8

/** Share of the calls of the first, unmeasured repetition, in which Node.js compiles what is hot. */
const WARM_UP_SHARE = 1 / 4

/**
 * The command line: `--quick` (tiny counts, one run), `--long` (what takes minutes), `--runs=5`.
 *
 * @param {readonly string[]} [args]
 */
export function parseArguments(args = process.argv.slice(2)) {
  const flags = args.filter((arg) => arg.startsWith('--'))
  const unknown = flags.find((flag) => !/^--(?:quick|long|runs=[1-9]\d*)$/.test(flag))
  if (unknown !== undefined) throw new TypeError(`${unknown}: expected --quick, --long or --runs=<count>`)
  const runs = flags.find((flag) => flag.startsWith('--runs='))?.slice('--runs='.length)
  return {
    flags,
    names: args.filter((arg) => !arg.startsWith('--')),
    isQuick: flags.includes('--quick'),
    isLong: flags.includes('--long'),
    runs: runs === undefined ? undefined : Number(runs),
  }
}

/**
 * How many calls a repetition makes of the `count` that a full one makes.
 *
 * @param {number} count
 * @param {{ readonly isQuick: boolean, readonly isWarmUp: boolean }} how
 */
export function scaled(count, { isQuick, isWarmUp }) {
  if (isQuick) return Math.min(count, Math.max(QUICK_COUNT_MIN, Math.round(count * QUICK_SHARE)))
  return isWarmUp ? Math.ceil(count * WARM_UP_SHARE) : count
}
