import type { StoredCallOptions } from '../../store/store.js'

/** A function at an endpoint, with the options of its callers. */
export interface TargetFields {
  readonly endpoint: string
  readonly function: string
  readonly version: string
  readonly options: StoredCallOptions
}

/** The target of a call made by a Poll or a tail call: what it leaves out, endpoint and priority, it has from its maker. */
export function inheritTarget(call: TargetFields, from: TargetFields): TargetFields {
  const { options } = call
  const { priority } = from.options
  return {
    endpoint: call.endpoint || from.endpoint,
    function: call.function,
    version: call.version,
    options: options.priority === 0 && priority !== 0 ? { ...options, priority } : options,
  }
}

/** Whether {@link targetKey} of the two is the same; faster than making it. */
export function isSameTarget(a: TargetFields, b: TargetFields): boolean {
  return (
    a.function === b.function &&
    a.endpoint === b.endpoint &&
    a.version === b.version &&
    OPTION_NAMES.every((name) => a.options[name] === b.options[name])
  )
}

/** A string that is the same for equal targets with the same limit key. */
export function targetKey(limitKey: string, { version, options }: TargetFields): string {
  return `${limitKey}\n${version}\n${OPTION_NAMES.map((name) => options[name]).join(' ')}`
}

const OPTION_NAMES = Object.keys({
  attemptsMax: true,
  giveUpAfterMs: true,
  concurrencyMax: true,
  runMsMax: true,
  priority: true,
  concurrencyKeyMax: true,
} satisfies Record<keyof StoredCallOptions, true>) as (keyof StoredCallOptions)[]
