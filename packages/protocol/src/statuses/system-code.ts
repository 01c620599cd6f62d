import { type FailureStatus, STATUSES, type Status } from './statuses.js'

/** What a code such as `ECONNRESET` or `HPE_INVALID_CONSTANT` means. An exact code beats a prefix. */
export function statusOfSystemCode(code: string): FailureStatus | undefined {
  return EXACT.get(code) ?? PREFIXES.find(([prefix]) => code.startsWith(prefix))?.[1]
}

const CODES = (Object.keys(STATUSES) as Status[])
  .filter((status): status is FailureStatus => status !== 'ok')
  .flatMap((status) => STATUSES[status].systemCodes.map((code) => [code as string, status] as const))

const EXACT: ReadonlyMap<string, FailureStatus> = new Map(CODES.filter(([code]) => !code.endsWith('*')))

/** The longest first: of two that match it says more. */
const PREFIXES = CODES.filter(([code]) => code.endsWith('*'))
  .map(([code, status]) => [code.slice(0, -1), status] as const)
  .sort(([a], [b]) => b.length - a.length)
