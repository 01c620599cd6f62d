import type { SqlValue } from '../driver/driver.js'
import { EMPTY_PAYLOAD, LARGE_PAYLOAD } from './schema.js'

/**
 * Maximum size of a payload stored in its call's row. SQLite rewrites a row at each change; above this size, that costs
 * more than a second row.
 */
export const INLINE_BYTES_MAX = 2_048

/** Columns of payloads by their kind, as in `CommitPart`. */
export const PAYLOAD_COLUMNS = ['input', 'coroutine', 'result'] as const

/** The cell of the call's row for a payload. */
export function cellOf(payload: Uint8Array | undefined): SqlValue {
  if (payload === undefined) return null
  if (payload.byteLength === 0) return EMPTY_PAYLOAD
  return payload.byteLength > INLINE_BYTES_MAX ? LARGE_PAYLOAD : payload
}
