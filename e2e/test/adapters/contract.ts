import type { Test } from 'tap'
import type { Adapter } from '../helpers/adapters/adapters.js'
import { CALL_CHECKS } from './checks-calls.js'
import { CLOSING_CHECKS } from './checks-closing.js'
import { RUN_CHECKS } from './checks-runs.js'

/** A promise of every adapter. */
export interface AdapterCheck {
  readonly name: string
  run(t: Test, adapter: Adapter): Promise<void>
}

/** The promises of the adapters, for any framework. */
export const ADAPTER_CHECKS: readonly AdapterCheck[] = [...CALL_CHECKS, ...RUN_CHECKS, ...CLOSING_CHECKS]
