import { STATUSES } from '@dispatch/protocol'
import { type CallResult, decodeCallResult } from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'
import type { TenantScheduler } from '@dispatch/scheduler'
import type { Log } from './tools/violations.js'
import type { Disk } from './world/disk.js'
import { type Expected, expectedOf, type Program } from './world/program.js'

/** Tolerance for the end of an expired call: a crash or a failing disk may delay it. */
const DOWNTIME_MS_MAX = 30_000

/** A call made by a client of the world. */
export interface Root {
  readonly id: string
  readonly program: Program
  readonly expirationMs: number
  isAcknowledged: boolean
  isCanceled: boolean
  /** What a waiting client received. */
  reported: unknown
}

/** What is known at the end of a world. */
export interface End {
  readonly disk: Disk
  readonly log: Log
  /** Trees with interference: a garbled response, a cancelled child. Their results are arbitrary. */
  readonly tampered: ReadonlySet<string>
  /** Trees that called a function that was not deployed. */
  readonly unknown: ReadonlySet<string>
  /** The clock was set: times are unreliable. */
  readonly hasJumped: boolean
}

/** I1, I5, I6, I10: the outcome of a call. */
export async function checkRoot(root: Root, end: End): Promise<void> {
  const { disk, log } = end
  const stored = await disk.raw.readCall(root.id)
  if (stored === undefined) {
    if (root.isAcknowledged) log.violate('I1', `${root.id} was acknowledged and is gone`)
    return
  }
  if (stored.call.state !== 'done') return log.violate('I1', `${root.id} is ${stored.call.state}`)
  const { expiresAtMs, finishedAtMs, statusCode } = stored.call
  if (expiresAtMs > 0 && finishedAtMs > expiresAtMs + DOWNTIME_MS_MAX && !end.hasJumped) {
    log.violate('I6', `${root.id} ended ${finishedAtMs - expiresAtMs} ms after it expired`)
  }
  const value = outputOf(decodeCallResult(stored.payloads.result ?? new Uint8Array()))
  if (root.reported !== undefined && JSON.stringify(root.reported) !== JSON.stringify([statusCode, value])) {
    const [reported, stored] = [JSON.stringify(root.reported), JSON.stringify([statusCode, value])]
    log.violate('I10', `${root.id}: reported ${reported}, stored ${stored}`)
  }
  if (mayEndOtherwise(root, statusCode, end)) return
  const difference = differenceOf(expectedOf(root.program), statusCode, value)
  if (difference !== undefined) log.violate('I5', `${root.id}: ${difference}`)
}

/** I9 */
export async function checkRemains(
  scheduler: TenantScheduler | undefined,
  { disk, log }: End,
): Promise<void> {
  const left = scheduler?.liveCalls
  if (left !== 0) log.violate('I9', `the kernel holds ${left} calls`)
  for (const stats of scheduler?.stats() ?? []) {
    if (stats.inFlight === 0 && stats.waiting === 0) continue
    log.violate(
      'I9',
      `${stats.function}: ${stats.inFlight} in flight, ${stats.waiting} waiting, and all is done`,
    )
  }
  await disk.raw.prune(Number.MAX_SAFE_INTEGER, 1_000_000)
  const remains = await disk.raw.existing([...disk.calls.keys()])
  if (remains.size > 0) log.violate('I9', `pruning leaves ${[...remains].join(', ')}`)
}

/** The value of a result, or a note that it is unreadable. */
export function outputOf(result: CallResult | undefined): unknown {
  try {
    return decodeValue(result?.output)
  } catch {
    return 'unreadable'
  }
}

function mayEndOtherwise(root: Root, statusCode: number, { tampered, unknown, hasJumped }: End): boolean {
  return (
    tampered.has(root.id) ||
    // The ten minutes for an unknown function may already have passed (K11).
    (hasJumped && unknown.has(root.id)) ||
    (root.isCanceled && statusCode === STATUSES.permanent.code) ||
    (root.expirationMs > 0 && statusCode === STATUSES.timeout.code)
  )
}

function differenceOf(expected: Expected, statusCode: number, value: unknown): string | undefined {
  const isOk = statusCode === STATUSES.ok.code
  if ('failed' in expected) return isOk ? `expected a failure, got ${JSON.stringify(value)}` : undefined
  if (!isOk) return `expected ${JSON.stringify(expected.value)}, got status ${statusCode}`
  const [want, got] = [JSON.stringify(expected.value), JSON.stringify(value)]
  return want === got ? undefined : `expected ${want}, got ${got}`
}
