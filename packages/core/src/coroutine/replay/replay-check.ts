import { DispatchError } from '@dispatch/protocol'
import type { Any } from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'
import type { Coroutine } from '../life/coroutine.js'

const ADVICE =
  'A handler is run again from its beginning when its coroutine is not in memory, and has to take the same way: use ' +
  'call.now(), call.random() and call.uuid(), and put what may differ into a function of its own'

/** Longest text of a value in a message. */
const TEXT_LENGTH_MAX = 100

/**
 * What differs between a coroutine and the rebuilt copy of it that has gone the same way, by the same code, in the same
 * process: a handler that would not survive a restart. `undefined` when nothing does.
 */
export function replayDifference(before: Coroutine, after: Coroutine): DispatchError | undefined {
  const difference = after.end?.kind === 'incompatible' ? after.end.message : inputDifference(before, after)
  if (difference === undefined) return undefined
  const message = `replayCheck: ${difference}, and nothing but time has passed. ${ADVICE}`
  return new DispatchError('permanent', message, { name: 'ReplayCheckError' })
}

function inputDifference(before: Coroutine, after: Coroutine): string | undefined {
  for (const [step, was] of before.inputs ?? []) {
    const is = after.inputs?.get(step)
    if (!isSame(was, is)) return `the input of step ${step} was ${textOf(was)}, now it is ${textOf(is)}`
  }
  return undefined
}

function isSame(a: Any | undefined, b: Any | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.typeUrl === b.typeUrl && Buffer.compare(a.value, b.value) === 0
}

/** Only for the developer whose process this is: payloads are shown nowhere else. */
function textOf(any: Any | undefined): string {
  let text: string
  try {
    text = JSON.stringify(decodeValue(any), (_key, value) =>
      typeof value === 'bigint' ? `${value}n` : value,
    )
  } catch {
    text = `a ${any?.typeUrl}`
  }
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text
}
