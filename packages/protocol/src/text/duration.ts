/** Longest duration: 10,000 years, the range of `google.protobuf.Duration`. Milliseconds. */
const DURATION_MS_MAX = 315_576_000_000_000

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const DURATION_PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/

/**
 * The milliseconds of a duration as people write it: a number of milliseconds, or a number and a unit
 * (`'250ms'`, `'1.5s'`, `'5m'`, `'1h'`, `'30d'`). 0 is allowed; the result may have a fraction.
 *
 * @param name - The option or argument, such as `options.delay`; the message begins with it.
 * @throws {TypeError} when it is negative, not a number, longer than 10,000 years or of another form.
 */
export function parseDuration(text: string | number, name: string): number {
  const ms = typeof text === 'number' ? text : msOfText(text)
  if (ms >= 0 && ms <= DURATION_MS_MAX) return ms
  const got = typeof text === 'string' ? JSON.stringify(text) : String(text)
  throw new TypeError(
    `${name}: expected a duration such as "250ms", "3s", "1.5s", "5m", "1h" or "30d", ` +
      `or a number of milliseconds from 0 on, got ${got}`,
  )
}

/** The epoch milliseconds of a date. @throws {TypeError} When it is not a valid one. */
export function parseDate(date: Date, name: string): number {
  const atMs = date.getTime()
  if (Number.isNaN(atMs)) throw new TypeError(`${name}: expected a date, got an invalid Date`)
  return atMs
}

/** `NaN` when `text` is not a duration. */
function msOfText(text: unknown): number {
  const match = typeof text === 'string' ? DURATION_PATTERN.exec(text) : null
  if (match === null) return Number.NaN
  const [, amount = '', unit = ''] = match
  return msOf(amount, MS_PER_UNIT[unit] ?? Number.NaN)
}

/** The product, rounded to nanoseconds so that `'1.001234s'` is 1001.234 and not 1001.2339999999999. */
function msOf(amount: string, msPerUnit: number): number {
  const ms = Number(amount) * msPerUnit
  return Number.isInteger(ms) ? ms : Number(ms.toFixed(6))
}
