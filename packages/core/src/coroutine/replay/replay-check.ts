import { DispatchError } from '@dispatch/protocol'
import type { Any } from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'
import type { Coroutine } from '../life/coroutine.js'

const ADVICE =
  'A handler runs again from its beginning when its coroutine is not in memory, and then has to begin the same steps. Use ' +
  'call.now(), call.random() and call.uuid(), and move whatever else may differ into a function of its own'

/** Longest value in a message, in characters. */
const VALUE_LENGTH_MAX = 100

/**
 * The error of a handler that would not survive a restart: its coroutine and the copy that was rebuilt beside it, by the
 * same code in the same process, began different steps. `undefined` when they did not.
 */
export function replayDifference(
  original: Pick<Coroutine, 'inputs'>,
  rebuilt: Pick<Coroutine, 'inputs' | 'end'>,
): DispatchError | undefined {
  const { end } = rebuilt
  const difference = end?.kind === 'incompatible' ? end.message : inputDifference(original, rebuilt)
  if (difference === undefined) return undefined
  const message = `replayCheck: ${difference}, although nothing but time has passed. ${ADVICE}`
  return new DispatchError('permanent', message, { name: 'ReplayCheckError' })
}

function inputDifference(
  original: Pick<Coroutine, 'inputs'>,
  rebuilt: Pick<Coroutine, 'inputs'>,
): string | undefined {
  for (const [step, before] of original.inputs ?? []) {
    const now = rebuilt.inputs?.get(step)
    if (!isSame(before, now)) {
      return `the input of step ${step} was ${formatValue(before)}, now it is ${formatValue(now)}`
    }
  }
  return undefined
}

function isSame(a: Any | undefined, b: Any | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.typeUrl === b.typeUrl && Buffer.compare(a.value, b.value) === 0
}

/** For the developer who runs the check: no other message contains a payload. */
function formatValue(any: Any | undefined): string {
  let text: string
  try {
    text = JSON.stringify(decodeValue(any), (_key, value) =>
      typeof value === 'bigint' ? `${value}n` : value,
    )
  } catch {
    text = `a ${any?.typeUrl}`
  }
  return text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}…` : text
}
