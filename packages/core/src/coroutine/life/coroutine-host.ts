import type { Logger } from '@dispatch/protocol'
import type { Call } from '@dispatch/protocol/messages'

/** What coroutines need from the process they run in; one host for all coroutines of a runner. */
export interface CoroutineHost {
  /** Epoch milliseconds. */
  readonly nowMs: () => number
  /** Submits calls to the scheduler, all or none, and resolves with their ids once they are durable. */
  readonly dispatch: (calls: Call[]) => Promise<string[]>
  /** Draws a generation, the upper half of correlation ids: 32 bits, unsigned. */
  readonly drawGeneration: () => number
  /** Called when a suspended handler resumes on its own (C12). */
  readonly onSelfResume: ((dispatchId: string) => void) | undefined
  /** Receives errors of handlers that cannot be reported otherwise. */
  readonly logger: Logger | undefined
  /** Keep the inputs of calls, to compare them with those of a rebuilt copy. */
  readonly keepsInputs: boolean
  /** Submits the calls that handlers dispatch; see functions/current-client.ts. */
  readonly client: unknown
}
