import type { WaitCondition } from '../../store/store.js'
import type { Queueable } from '../limits/fair-queue.js'
import type { LimitedCall, Target } from '../limits/slots.js'
import { Inbox, type InboxEntry } from './inbox.js'

/**
 * The states of a call in the kernel, and from which others each is entered.
 *
 * `new` and `ending` last no longer than one decision: a call that is being made, and one whose run has just ended.
 */
const ENTERED_FROM = {
  new: [],
  scheduled: ['new', 'ending'],
  pending: ['new', 'scheduled', 'ending', 'suspended'],
  running: ['pending'],
  ending: ['running'],
  suspended: ['ending'],
  done: ['scheduled', 'pending', 'ending', 'suspended'],
} as const

export type NodeState = keyof typeof ENTERED_FROM

/** A mistake in the kernel: a call enters a state that does not follow its present one. */
export class TransitionError extends Error {
  override readonly name = 'TransitionError'
}

/** `minResults` of a call whose last Poll was refused: it is resumed at once. */
export const REFUSED = -1

/** By which call a child was made, and as which of its children. */
export interface Origin {
  readonly parentId: string
  readonly rootId: string
  /** From 1. */
  readonly ordinal: number
  readonly parentRestarts: number
  readonly correlationId: bigint
}

/** What differs from the default once a call has failed, was restarted or was scheduled. */
class FailureState {
  dueAtMs = 0
  attempts = 0
  statusCode = 0
  unknownSinceMs = 0
  restarts = 0
}

/**
 * What differs from the default once a call has polled or was replaced by a tail call. The condition on which it waits is
 * part of it, since an object of its own would take 32 bytes more.
 */
class Progress implements WaitCondition {
  atMs: number
  polls = 0
  /** Children made since the last restart. */
  children = 0
  minResults = 0
  maxResults = 0
  wakeOnFailure = false
  untilMs = 0
  inbox: Inbox = NO_RESULTS
  /** Children that are not done. */
  openChildren = NO_CHILDREN
  /** The next run takes the journal along. */
  needsJournal = false

  constructor(atMs: number) {
    this.atMs = atMs
  }
}

/** Always empty: {@link CallNode.receive} replaces it. */
const NO_RESULTS: Inbox = Object.freeze(new Inbox())

/** Always empty: {@link CallNode.adopt} replaces it. */
const NO_CHILDREN = new Set<CallNode>()

const NO_ORIGIN: Origin = { parentId: '', rootId: '', ordinal: 0, parentRestarts: 0, correlationId: 0n }

const NO_FAILURE: Readonly<FailureState> = Object.freeze(new FailureState())

const NO_PROGRESS: Readonly<Progress> = Object.freeze(new Progress(0))

/**
 * A call that is not done, as the kernel holds it. Payloads are in the store.
 *
 * There may be a million of them, and most wait for their first run. What such a call does not need is read from frozen
 * defaults and gets an object of its own when it is first written: some 150 bytes per call instead of 250.
 */
export class CallNode implements LimitedCall<CallNode> {
  readonly id: string
  readonly origin: Origin
  /** The parent, while it is not done. */
  parent: CallNode | undefined = undefined
  readonly tenant: string
  /** What is run where; a tail call replaces it. */
  target: Target<CallNode>
  readonly createdAtMs: number
  /** 0: never. A tail call may bring it forward. */
  expiresAtMs: number
  concurrencyKey = ''
  /** Bytes of the input. */
  inputBytes = 0
  #state: NodeState
  /** Number of the present run; 0 when there is none. */
  run = 0
  nextQueued: Queueable | undefined = undefined
  nextTree: Queueable | undefined = undefined
  isQueued = false
  #failure: Readonly<FailureState> = NO_FAILURE
  #progress: Readonly<Progress> = NO_PROGRESS

  constructor(
    id: string,
    of: {
      readonly tenant: string
      readonly target: Target<CallNode>
      readonly origin: Origin | undefined
      readonly createdAtMs: number
      readonly expiresAtMs: number
      /** Default `new`. */
      readonly state?: NodeState
    },
  ) {
    this.id = id
    this.origin = of.origin ?? NO_ORIGIN
    this.tenant = of.tenant
    this.target = of.target
    this.createdAtMs = of.createdAtMs
    this.expiresAtMs = of.expiresAtMs
    this.#state = of.state ?? 'new'
  }

  get state(): NodeState {
    return this.#state
  }

  get failure(): Readonly<FailureState> {
    return this.#failure
  }

  get progress(): Readonly<Progress> {
    return this.#progress
  }

  get rootId(): string {
    return this.origin.rootId || this.id
  }

  get priority(): number {
    return this.target.options.priority
  }

  get concurrencyKeyMax(): number {
    return this.target.options.concurrencyKeyMax
  }

  /** When the call last made progress: its creation, its last Poll or its last tail call. */
  get progressAtMs(): number {
    return this.#progress === NO_PROGRESS ? this.createdAtMs : this.#progress.atMs
  }

  /** @throws {TransitionError} When the call is in a state from which this one is not entered. */
  enter(state: NodeState): void {
    const from: readonly NodeState[] = ENTERED_FROM[state]
    if (!from.includes(this.#state)) {
      throw new TransitionError(
        `call ${this.id}: expected ${from.join(' or ')} before ${state}, got ${this.#state}`,
      )
    }
    this.#state = state
  }

  /** `failure`, to be written to. */
  changeFailure(): FailureState {
    if (this.#failure === NO_FAILURE) this.#failure = new FailureState()
    return this.#failure
  }

  /** `progress`, to be written to. */
  changeProgress(): Progress {
    if (this.#progress === NO_PROGRESS) this.#progress = new Progress(this.createdAtMs)
    return this.#progress
  }

  /** This call has one more child that is not done. */
  adopt(child: CallNode): void {
    const progress = this.changeProgress()
    if (progress.openChildren === NO_CHILDREN) progress.openChildren = new Set()
    child.parent = this
    progress.openChildren.add(child)
  }

  /** Its children that are not done are no longer its own. */
  disown(): void {
    for (const child of this.#progress.openChildren) child.parent = undefined
    if (this.#progress !== NO_PROGRESS) this.changeProgress().openChildren = NO_CHILDREN
  }

  /** The result of a child is to be delivered. */
  receive(result: InboxEntry): void {
    const progress = this.changeProgress()
    if (progress.inbox === NO_RESULTS) progress.inbox = new Inbox()
    progress.inbox.add(result)
  }

  /** Removes and returns the results that the present run received. */
  takeDelivered(): InboxEntry[] {
    const { inbox } = this.#progress
    return inbox === NO_RESULTS ? [] : inbox.takeDelivered()
  }

  /** A Poll or a tail call: attempts and failures before it no longer count. */
  recordProgress(nowMs: number): void {
    const progress = this.changeProgress()
    progress.atMs = nowMs
    progress.needsJournal = false
    if (this.#failure === NO_FAILURE) return
    const failure = this.changeFailure()
    failure.attempts = 0
    failure.unknownSinceMs = 0
  }

  /** Discards what the call has done since its input. Its children are no longer its own. */
  beginAgain(): void {
    this.changeFailure().restarts += 1
    if (this.#progress !== NO_PROGRESS) this.#progress = new Progress(this.#progress.atMs)
  }
}
