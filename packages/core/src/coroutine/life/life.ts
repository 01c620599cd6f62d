import type { WireError } from '@dispatch/protocol/messages'

/**
 * The life of a coroutine.
 *
 * ```
 * fresh ───────────► running ◄───► suspended ──► self_resumed
 *   └─► rebuilding ─────▲ ▲──────────────────────────┘
 *
 * any of them ──► ended
 * ```
 *
 * Each transition is a function below that takes the present state and throws when it does not start from it. States
 * without data are shared: most coroutines in memory are suspended.
 */
export type Life =
  /** No run has begun. */
  | { readonly state: 'fresh' }
  /** The handler is given again what recorded runs brought. */
  | { readonly state: 'rebuilding' }
  | ({ readonly state: 'running' } & RunStart)
  /** Between two runs. */
  | { readonly state: 'suspended' }
  /** Between two runs, and the handler has begun a step since, or `onSelfResume` would have been called (C12). */
  | { readonly state: 'self_resumed' }
  | { readonly state: 'ended'; readonly end: End }

/** How a run began, for its notes in the journal. */
export interface RunStart {
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** Steps begun before the run, since the previous one ended (C8). */
  readonly stepsBefore: number
  /** Timers that fired, by step, in order. */
  readonly fired: readonly number[]
  /** Why the calls of the previous run were refused. */
  readonly pollError: WireError | undefined
}

/** How a coroutine ended. `returned` and `threw` come from the handler; the others end it from outside. */
export type End =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  /** The handler is not the one that the journal recorded. */
  | { readonly kind: 'incompatible'; readonly message: string }
  | { readonly kind: 'aborted'; readonly reason: unknown }
  /** This copy will not be resumed. */
  | { readonly kind: 'discarded' }

export type HandlerEnd = Extract<End, { kind: 'returned' | 'threw' }>

type State = Life['state']

export const FRESH: Life = Object.freeze({ state: 'fresh' })
const REBUILDING: Life = Object.freeze({ state: 'rebuilding' })
const SUSPENDED: Life = Object.freeze({ state: 'suspended' })
const SELF_RESUMED: Life = Object.freeze({ state: 'self_resumed' })

/**
 * Ends that each end replaces. An error replaces what the handler returned when it turns out to have forgotten a step (C15).
 * An end from outside replaces what the handler returned or threw while the run still waits
 * for dispatches (C11), and a discarded copy stays discarded.
 */
const REPLACED_ENDS: Readonly<Record<End['kind'], readonly End['kind'][]>> = {
  returned: [],
  threw: ['returned'],
  incompatible: ['returned', 'threw'],
  aborted: ['returned', 'threw', 'incompatible'],
  discarded: ['returned', 'threw', 'incompatible', 'aborted'],
}

/** `fresh` → `rebuilding` */
export function beginRebuild(life: Life): Life {
  assertState(life, 'fresh')
  return REBUILDING
}

/** `fresh`, `rebuilding`, `suspended` or `self_resumed` → `running`. A handler that ended between two runs stays `ended`. */
export function beginRun(life: Life, { nowMs, stepsBefore, fired, pollError }: RunStart): Life {
  if (life.state === 'ended') return life
  assertState(life, 'fresh', 'rebuilding', 'suspended', 'self_resumed')
  return { state: 'running', nowMs, stepsBefore, fired, pollError }
}

/** `running` → `suspended`. Also returns how the run began. */
export function suspendRun(life: Life): { readonly life: Life; readonly start: RunStart } {
  assertState(life, 'running')
  return { life: SUSPENDED, start: life }
}

/** `suspended` → `self_resumed` */
export function resumeSelf(life: Life): Life {
  assertState(life, 'suspended')
  return SELF_RESUMED
}

/** Any state → `ended`. Returns `life` itself when it has already ended and that end remains. */
export function endLife(life: Life, end: End): Life {
  if (life.state === 'ended' && !REPLACED_ENDS[end.kind].includes(life.end.kind)) return life
  return { state: 'ended', end }
}

/** Whether the end came from the handler, which then may be asked for its result. */
export function isHandlerEnd(end: End): end is HandlerEnd {
  return end.kind === 'returned' || end.kind === 'threw'
}

/** Asserts one of the states. @throws {Error} When it is another: a bug in this package. */
export function assertState<Expected extends State>(
  life: Life,
  ...expected: readonly Expected[]
): asserts life is Extract<Life, { state: Expected }> {
  if ((expected as readonly State[]).includes(life.state)) return
  throw new Error(`coroutine: expected state ${expected.join(' or ')}, got ${life.state}`)
}
