import type { RunOutcome } from '@dispatch/protocol'
import { create, type MessageInit, type RunResponse, RunResponseSchema } from '@dispatch/protocol/messages'
import type { Dice } from '../tools/dice.js'

const BYTES = Uint8Array.of(0xff, 0x00, 0x7f)

/** Invalid responses, and valid ones with unintended meaning. */
const RESPONSES: readonly MessageInit<RunResponse>[] = [
  {},
  { status: 99 as never, directive: { case: 'exit', value: {} } },
  { status: 8 },
  { status: 1, journalWanted: true },
  {
    status: 1,
    directive: {
      case: 'exit',
      value: {
        result: {
          correlationId: 77n,
          dispatchId: 'root0',
          output: { typeUrl: 'type.example/unknown', value: BYTES },
        },
      },
    },
  },
  { status: 1, directive: { case: 'exit', value: { tailCall: { function: '' } } } },
  { status: 1, directive: { case: 'poll', value: { minResults: 0, maxResults: 0 } } },
  { status: 1, directive: { case: 'poll', value: { minResults: 1_000, maxResults: 1 } } },
  {
    status: 1,
    directive: {
      case: 'poll',
      value: { minResults: 1, maxResults: 1, calls: [{ function: '', correlationId: 1n }] },
    },
  },
  {
    status: 1,
    directive: {
      case: 'poll',
      value: {
        state: { case: 'coroutineState', value: BYTES },
        minResults: 1,
        maxResults: 1,
        calls: [
          { function: 'nobody', correlationId: 1n },
          { function: 'probe', correlationId: 1n },
        ],
      },
    },
  },
]

/** Responses of an endpoint that is broken or is not a Dispatch endpoint. */
export function garbage(dice: Dice): RunOutcome {
  if (dice.chance(0.2)) {
    return { kind: 'failure', source: 'endpoint', status: 'invalid_response', message: 'no RunResponse' }
  }
  return { kind: 'response', response: create(RunResponseSchema, dice.pick(RESPONSES)) }
}
