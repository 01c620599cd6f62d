import { codeOfStatus } from '@dispatch/protocol'
import type { Outcome } from '../kernel/events/events.js'

const OK = codeOfStatus('ok')

/** Bytes of payloads that the run produced and the store has to record. */
export function bytesOfOutcome(outcome: Outcome): number {
  switch (outcome.kind) {
    case 'poll': {
      let bytes = outcome.state.byteLength + outcome.journalEntry.byteLength
      for (const { call } of outcome.calls) bytes += call.input.byteLength
      return bytes
    }
    case 'tail-call':
      return outcome.call.input.byteLength
    case 'exit':
    case 'failure':
      return outcome.result.byteLength
    case 'needs-journal':
    case 'abandoned':
      return 0
  }
}

/** Whether the run did what it was meant to do. */
export function isSuccess(outcome: Outcome): boolean {
  return (
    outcome.kind === 'poll' ||
    outcome.kind === 'tail-call' ||
    (outcome.kind === 'exit' && outcome.statusCode === OK)
  )
}
