import type { Test } from 'tap'
import { CALL_CHECKS } from './adapter-checks-calls.js'
import { CLOSING_CHECKS } from './adapter-checks-closing.js'
import { RUN_CHECKS } from './adapter-checks-runs.js'
import type { Adapter } from './adapters.js'

/** A promise of every adapter. */
export interface AdapterCheck {
  readonly name: string
  run(t: Test, adapter: Adapter): Promise<void>
}

/** What the adapters promise, whatever the framework. */
export const ADAPTER_CHECKS: readonly AdapterCheck[] = [...CALL_CHECKS, ...RUN_CHECKS, ...CLOSING_CHECKS]
