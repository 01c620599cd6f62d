import type { CallRecord } from '../../store.js'

/** A value of a column or of a position in `calls.record`. */
type Scalar = string | number

/**
 * Names, in order, of what `calls.record` holds: a JSON array. A new one goes to the end, with a migration.
 *
 * One string instead of separate columns, because the cost of a row is its number of bound values: 29 columns took 15 µs
 * of CPU per row, this layout 10 (libsql; node:sqlite 4 and 3.6). The view `call_details` shows it as columns.
 */
export const RECORD_COLUMNS = [
  'root_id',
  'correlation_id',
  'tenant',
  'created_at_ms',
  'expires_at_ms',
  'endpoint',
  'function',
  'version',
  'attempts_max',
  'give_up_after_ms',
  'concurrency_max',
  'run_ms_max',
  'due_at_ms',
  'attempts',
  'status_code',
  'progress_at_ms',
  'unknown_since_ms',
  'restarts',
  'polls',
  'children',
  'wait_min_results',
  'wait_max_results',
  'wait_wakes_on_failure',
  'wait_until_ms',
  'priority',
  'concurrency_key',
  'concurrency_key_max',
  'input_bytes',
] as const

/** The columns of `calls` beside `record` that make up a call, in the order in which {@link decodeCall} takes them. */
export const CALL_COLUMNS = [
  'id',
  'parent_id',
  'parent_restarts',
  'ordinal',
  'state',
  'finished_at_ms',
] as const

/** The string for `calls.record`. 64-bit numbers are strings in it, because no driver reads them exactly. */
export function encodeRecord(call: CallRecord): string {
  const { options, wait } = call
  const fields: Scalar[] = [
    call.rootId === call.id ? '' : call.rootId,
    call.correlationId.toString(),
    call.tenant,
    call.createdAtMs,
    call.expiresAtMs,
    call.endpoint,
    call.function,
    call.version,
    options.attemptsMax,
    options.giveUpAfterMs,
    options.concurrencyMax,
    options.runMsMax,
    call.dueAtMs,
    call.attempts,
    call.statusCode,
    call.progressAtMs,
    call.unknownSinceMs,
    call.restarts,
    call.polls,
    call.children,
    wait.minResults,
    wait.maxResults,
    wait.wakeOnFailure ? 1 : 0,
    wait.untilMs,
    options.priority,
    call.concurrencyKey,
    options.concurrencyKeyMax,
    call.inputBytes,
  ]
  return JSON.stringify(fields)
}

/**
 * The call in a row of {@link CALL_COLUMNS} followed by `record`.
 *
 * @throws {SyntaxError} When the record is damaged.
 */
export function decodeCall(row: readonly unknown[]): CallRecord {
  const [id, parentId, parentRestarts, ordinal, state, finishedAtMs, record] = row as [
    string,
    string,
    number,
    number,
    CallRecord['state'],
    number,
    string,
  ]
  const fields = JSON.parse(record) as Scalar[]
  if (!Array.isArray(fields) || fields.length !== RECORD_COLUMNS.length) {
    throw new SyntaxError(`calls.record of ${id} is not an array of ${RECORD_COLUMNS.length}`)
  }
  const text = (at: number) => fields[at] as string
  const number = (at: number) => fields[at] as number
  return {
    id,
    parentId,
    ordinal,
    parentRestarts,
    rootId: text(0) || id,
    correlationId: BigInt(text(1)),
    tenant: text(2),
    createdAtMs: number(3),
    expiresAtMs: number(4),
    endpoint: text(5),
    function: text(6),
    version: text(7),
    options: {
      attemptsMax: number(8),
      giveUpAfterMs: number(9),
      concurrencyMax: number(10),
      runMsMax: number(11),
      priority: number(24),
      concurrencyKeyMax: number(26),
    },
    concurrencyKey: text(25),
    inputBytes: number(27),
    state,
    dueAtMs: number(12),
    attempts: number(13),
    statusCode: number(14),
    progressAtMs: number(15),
    unknownSinceMs: number(16),
    restarts: number(17),
    polls: number(18),
    children: number(19),
    wait: {
      minResults: number(20),
      maxResults: number(21),
      wakeOnFailure: number(22) === 1,
      untilMs: number(23),
    },
    finishedAtMs,
  }
}
