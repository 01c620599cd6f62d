import type { WaitCondition } from '../../store/store.js'
import type { NewCall } from '../events.js'
import type { Queueable } from '../limits/fair-queue.js'
import type { Keyed } from '../limits/key-limits.js'
import type { Prioritized } from '../limits/priority-queue.js'
import type { Target } from '../limits/slots.js'

/** The result of a child that its parent has not received yet. */
export interface InboxEntry {
  readonly ordinal: number
  readonly correlationId: bigint
  readonly isFailure: boolean
}

/** What a call that is not done is doing. */
export type LiveState = 'scheduled' | 'pending' | 'running' | 'suspended'

/** Nothing to wait for: the condition of a call that has not polled. */
export const NO_WAIT: WaitCondition = { minResults: 0, maxResults: 0, wakeOnFailure: false, untilMs: 0 }

/** `minResults` of a call whose last Poll was refused: it is told at once. */
export const REFUSED = -1

const NO_ENTRIES: readonly InboxEntry[] = []

/** Where a call comes from that another has made. */
export interface Origin {
  readonly parentId: string
  readonly rootId: string
  /** From 1. */
  readonly ordinal: number
  readonly parentRestarts: number
  readonly correlationId: bigint
}

/** What is told of calls that failed, or are due later. */
class Trouble {
  dueAtMs = 0
  attempts = 0
  statusCode = 0
  unknownSinceMs = 0
  restarts = 0
}

/** What is told of calls that have polled, or were taken over by another. */
class Progress {
  atMs: number
  polls = 0
  children = 0
  minResults = 0
  maxResults = 0
  wakeOnFailure = false
  untilMs = 0
  inbox: InboxEntry[] | undefined = undefined
  inboxFailures = 0
  delivering = 0
  open: Set<CallNode> | undefined = undefined
  withJournal = false

  constructor(atMs: number) {
    this.atMs = atMs
  }
}

const NO_TROUBLE: Readonly<Trouble> = new Trouble()

const NO_PROGRESS: Readonly<Progress> = new Progress(0)

/**
 * A call that is not done, as the kernel holds it. Payloads are in the store.
 *
 * There may be a million of them, and most wait for their first run: what such a call does not need yet is kept in
 * objects of their own, made when it is first written (some 150 bytes a call instead of 250).
 */
export class CallNode implements Prioritized, Keyed {
  readonly id: string
  readonly #origin: Origin | undefined
  /** The parent, while it is not done. */
  parent: CallNode | undefined = undefined
  readonly tenant: string
  /** What is to be run where; a tail call changes it. */
  target: Target
  readonly createdAtMs: number
  /** 0: never. A tail call may bring it forward. */
  expiresAtMs: number
  concurrencyKey = ''
  /** Bytes of the input. */
  inputBytes = 0
  state: LiveState = 'pending'
  /** Number of the present run; 0 when it does not run. */
  run = 0
  nextQueued: Queueable | undefined = undefined
  nextTree: Queueable | undefined = undefined
  isQueued = false
  #trouble: Trouble | undefined = undefined
  #progress: Progress | undefined = undefined

  constructor(
    id: string,
    of: {
      readonly tenant: string
      readonly target: Target
      readonly origin: Origin | undefined
      readonly createdAtMs: number
      readonly expiresAtMs: number
    },
  ) {
    this.id = id
    this.#origin = of.origin
    this.tenant = of.tenant
    this.target = of.target
    this.createdAtMs = of.createdAtMs
    this.expiresAtMs = of.expiresAtMs
  }

  get parentId(): string {
    return this.#origin === undefined ? '' : this.#origin.parentId
  }

  get rootId(): string {
    return this.#origin === undefined ? this.id : this.#origin.rootId
  }

  get ordinal(): number {
    return this.#origin === undefined ? 0 : this.#origin.ordinal
  }

  get parentRestarts(): number {
    return this.#origin === undefined ? 0 : this.#origin.parentRestarts
  }

  get correlationId(): bigint {
    return this.#origin === undefined ? 0n : this.#origin.correlationId
  }

  get priority(): number {
    return this.target.options.priority
  }

  get concurrencyKeyMax(): number {
    return this.target.options.concurrencyKeyMax
  }

  get dueAtMs(): number {
    return this.#trouble === undefined ? NO_TROUBLE.dueAtMs : this.#trouble.dueAtMs
  }

  set dueAtMs(value: number) {
    if (value !== this.dueAtMs) this.#changeTrouble().dueAtMs = value
  }

  get attempts(): number {
    return this.#trouble === undefined ? NO_TROUBLE.attempts : this.#trouble.attempts
  }

  set attempts(value: number) {
    if (value !== this.attempts) this.#changeTrouble().attempts = value
  }

  get statusCode(): number {
    return this.#trouble === undefined ? NO_TROUBLE.statusCode : this.#trouble.statusCode
  }

  set statusCode(value: number) {
    if (value !== this.statusCode) this.#changeTrouble().statusCode = value
  }

  get unknownSinceMs(): number {
    return this.#trouble === undefined ? NO_TROUBLE.unknownSinceMs : this.#trouble.unknownSinceMs
  }

  set unknownSinceMs(value: number) {
    if (value !== this.unknownSinceMs) this.#changeTrouble().unknownSinceMs = value
  }

  get restarts(): number {
    return this.#trouble === undefined ? NO_TROUBLE.restarts : this.#trouble.restarts
  }

  set restarts(value: number) {
    if (value !== this.restarts) this.#changeTrouble().restarts = value
  }

  get polls(): number {
    return this.#progress === undefined ? NO_PROGRESS.polls : this.#progress.polls
  }

  set polls(value: number) {
    if (value !== this.polls) this.#changeProgress().polls = value
  }

  get children(): number {
    return this.#progress === undefined ? NO_PROGRESS.children : this.#progress.children
  }

  set children(value: number) {
    if (value !== this.children) this.#changeProgress().children = value
  }

  get wait(): WaitCondition {
    if (this.#progress === undefined) return NO_WAIT
    const { minResults, maxResults, wakeOnFailure, untilMs } = this.#progress
    return { minResults, maxResults, wakeOnFailure, untilMs }
  }

  set wait({ minResults, maxResults, wakeOnFailure, untilMs }: WaitCondition) {
    if (this.#progress === undefined && maxResults === 0) return
    const progress = this.#changeProgress()
    progress.minResults = minResults
    progress.maxResults = maxResults
    progress.wakeOnFailure = wakeOnFailure
    progress.untilMs = untilMs
  }

  /** Results to deliver, oldest first; `undefined` stands for none. */
  get inbox(): InboxEntry[] | undefined {
    return this.#progress === undefined ? NO_PROGRESS.inbox : this.#progress.inbox
  }

  set inbox(value: InboxEntry[] | undefined) {
    if (value !== this.inbox) this.#changeProgress().inbox = value
  }

  get inboxFailures(): number {
    return this.#progress === undefined ? NO_PROGRESS.inboxFailures : this.#progress.inboxFailures
  }

  set inboxFailures(value: number) {
    if (value !== this.inboxFailures) this.#changeProgress().inboxFailures = value
  }

  /** How many of `inbox` the present run received. */
  get delivering(): number {
    return this.#progress === undefined ? NO_PROGRESS.delivering : this.#progress.delivering
  }

  set delivering(value: number) {
    if (value !== this.delivering) this.#changeProgress().delivering = value
  }

  /** Children that are not done. */
  get open(): Set<CallNode> | undefined {
    return this.#progress === undefined ? NO_PROGRESS.open : this.#progress.open
  }

  set open(value: Set<CallNode> | undefined) {
    if (value !== this.open) this.#changeProgress().open = value
  }

  /** The next run takes the journal along. */
  get withJournal(): boolean {
    return this.#progress === undefined ? NO_PROGRESS.withJournal : this.#progress.withJournal
  }

  set withJournal(value: boolean) {
    if (value !== this.withJournal) this.#changeProgress().withJournal = value
  }

  /** Last time the call got further: its creation or its last Poll. */
  get progressAtMs(): number {
    return this.#progress === undefined ? this.createdAtMs : this.#progress.atMs
  }

  set progressAtMs(value: number) {
    if (value !== this.progressAtMs) this.#changeProgress().atMs = value
  }

  /** Results to deliver, oldest first. */
  get results(): readonly InboxEntry[] {
    return this.#progress?.inbox ?? NO_ENTRIES
  }

  get openChildren(): number {
    return this.#progress?.open?.size ?? 0
  }

  /** A child of this call has ended. */
  receive(result: InboxEntry): void {
    this.inbox ??= []
    this.inbox.push(result)
    if (result.isFailure) this.inboxFailures += 1
  }

  /** Takes out the results that the present run has received. */
  takeDelivered(): InboxEntry[] {
    const delivered = this.inbox?.splice(0, this.delivering) ?? []
    this.inboxFailures -= delivered.filter(({ isFailure }) => isFailure).length
    this.delivering = 0
    return delivered
  }

  /** A Poll or a tail call: what went wrong before it no longer counts. */
  getFurther(nowMs: number): void {
    this.attempts = 0
    this.unknownSinceMs = 0
    this.progressAtMs = nowMs
    this.withJournal = false
  }

  /** Makes void what the call has done since its input. Its children are no longer its own. */
  beginAgain(): void {
    this.open = undefined
    this.inbox = undefined
    this.inboxFailures = 0
    this.delivering = 0
    this.restarts += 1
    this.polls = 0
    this.children = 0
    this.wait = NO_WAIT
    this.withJournal = false
  }

  #changeTrouble(): Trouble {
    this.#trouble ??= new Trouble()
    return this.#trouble
  }

  #changeProgress(): Progress {
    this.#progress ??= new Progress(this.createdAtMs)
    return this.#progress
  }
}

/**
 * Id of a child: its parent's id and its position, and the parent's restarts when there were any, so that a call
 * made again after a crash is the same call, and one made again after a restart is another.
 */
export function childIdOf(parentId: string, parentRestarts: number, ordinal: number): string {
  return parentRestarts === 0 ? `${parentId}/${ordinal}` : `${parentId}/${parentRestarts}.${ordinal}`
}

/** When a call made now expires: by its own limit or its parent's, whichever is earlier; 0: never. */
export function expiryOf(call: NewCall, nowMs: number, parentExpiresAtMs: number): number {
  const own = call.expirationMs > 0 ? nowMs + call.expirationMs : 0
  if (own === 0) return parentExpiresAtMs
  return parentExpiresAtMs === 0 ? own : Math.min(own, parentExpiresAtMs)
}
