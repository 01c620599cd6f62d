import type { FailureStatus } from '@dispatch/protocol'
import type { CallChange, FoldedWrites } from '../../fold-writes.js'
import type { CallRecord } from '../../store.js'
import type { DriverName } from '../driver/driver.js'
import { encodeRecord } from './record.js'

/**
 * Messages between the application's thread and the store's thread. A message has few objects and one buffer, which is
 * transferred without a copy: cloning an object per call would cost more than storing it.
 */
export type StoreRequest = { readonly id: number } & (
  | { readonly op: 'open'; readonly options: StoreFileOptions; readonly isReplacement: boolean }
  /** Parts of a commit have the same id. One reply follows: after the last part, or at the first that fails. */
  | { readonly op: 'commit'; readonly part: CommitPart; readonly isLast: boolean }
  /** No more parts of the commit with this id follow: discard it. There is no reply. */
  | { readonly op: 'rollback' }
  | { readonly op: 'load' }
  | { readonly op: 'readPayloads'; readonly ids: readonly string[] }
  | { readonly op: 'readCall'; readonly callId: string }
  | { readonly op: 'existing'; readonly ids: readonly string[] }
  | { readonly op: 'highestId'; readonly bound: string }
  | {
      readonly op: 'readResults'
      readonly parentId: string
      readonly parentRestarts: number
      readonly ordinals: readonly number[]
      readonly bytesMax: number
    }
  | { readonly op: 'readJournal'; readonly callId: string; readonly restarts: number }
  | { readonly op: 'prune'; readonly beforeMs: number; readonly treesMax: number }
  | { readonly op: 'close' }
)

/** Any number of `part` replies precede one of the others, which ends the request. */
export type StoreReply = { readonly id: number } & (
  | { readonly part: unknown }
  | { readonly value: unknown }
  | { readonly failure: { readonly status: FailureStatus; readonly message: string } }
)

/** Start parameters of the store's thread. */
export interface StoreWorkerData {
  readonly gate: SharedArrayBuffer
  /** See `loadDriver`. */
  readonly driverPlaces: readonly string[]
}

export interface StoreFileOptions {
  readonly path: string
  readonly fileBytesMax: number | undefined
  readonly driver: DriverName | undefined
  /** Identifies this store among all holders of the file. */
  readonly holder: string
}

type Row = string | number

/** New calls with the same set of values. Values that most calls lack are neither sent nor bound. */
export interface InsertGroup {
  readonly state: CallRecord['state']
  readonly isChild: boolean
  /** Bit mask of the payloads: 1 input, 2 state, 4 result. */
  readonly payloads: number
  /** id, record; of a child parentId, parentRestarts, ordinal; if done finishedAtMs; and those payloads. */
  readonly rows: Row[]
}

/** Some calls of a commit, as consecutive rows; a payload is a number, see {@link PayloadPacker}. */
export interface CommitPart {
  /** In the order of recording. */
  readonly inserts: readonly InsertGroup[]
  /** id, state, finishedAtMs, record, and the three payloads. */
  readonly updates: readonly Row[]
  /** callId, restarts, position, ordinals as JSON, entry. */
  readonly journal: readonly Row[]
  readonly bytes: Uint8Array
}

export const UPDATE_WIDTH = 7
export const JOURNAL_WIDTH = 5

/** Negative payload numbers: absent (in an update: unchanged), and cleared. */
export const NO_PAYLOAD = -1
export const CLEARED_PAYLOAD = -2

/** Bytes of several payloads in one buffer, with their lengths in the order of packing. */
export interface PackedPayloads {
  readonly lengths: readonly number[]
  readonly bytes: Uint8Array
}

/** Collects payloads into one buffer. */
export class PayloadPacker {
  readonly #payloads: Uint8Array[] = []
  #size = 0

  /** The number that represents this payload in a message. */
  add(payload: Uint8Array | null | undefined): number {
    if (payload === undefined) return NO_PAYLOAD
    if (payload === null) return CLEARED_PAYLOAD
    this.#payloads.push(payload)
    this.#size += payload.byteLength
    return payload.byteLength
  }

  /** All payloads in a buffer of their own, which may be transferred. */
  pack(): Uint8Array {
    const bytes = new Uint8Array(this.#size)
    let offset = 0
    for (const payload of this.#payloads) {
      bytes.set(payload, offset)
      offset += payload.byteLength
    }
    return bytes
  }
}

/** Reads the payloads of a buffer in the order in which they were packed. */
export class PayloadReader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** A view of the buffer, or `undefined` for a number below zero. */
  next(length: number): Uint8Array | undefined {
    if (length < 0) return undefined
    const payload = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return payload
  }
}

export function encodePart({ calls, journal }: FoldedWrites): CommitPart {
  const inserts: InsertGroup[] = []
  const updates: Row[] = []
  const entries: Row[] = []
  // Inserts are executed first, so their payloads come first.
  const payloads = new PayloadPacker()
  for (const change of calls) if (change.isNew) addInsert(inserts, change, payloads)
  for (const { isNew, call, input, state, result } of calls) {
    if (isNew) continue
    updates.push(call.id, call.state, call.finishedAtMs, encodeRecord(call))
    updates.push(payloads.add(input), payloads.add(state), payloads.add(result))
  }
  for (const { callId, restarts, position, ordinals, entry } of journal) {
    entries.push(callId, restarts, position, JSON.stringify(ordinals), payloads.add(entry))
  }
  return { inserts, updates, journal: entries, bytes: payloads.pack() }
}

function addInsert(groups: InsertGroup[], { call, ...given }: CallChange, packer: PayloadPacker): void {
  const { state } = call
  const isChild = call.parentId !== ''
  const present = [given.input, given.state, given.result].map((payload) => payload ?? undefined)
  const payloads = present.reduce((mask, payload, kind) => mask | (payload === undefined ? 0 : 1 << kind), 0)
  let group = groups.at(-1)
  if (group?.state !== state || group.isChild !== isChild || group.payloads !== payloads) {
    group = { state, isChild, payloads, rows: [] }
    groups.push(group)
  }
  group.rows.push(call.id, encodeRecord(call))
  if (isChild) group.rows.push(call.parentId, call.parentRestarts, call.ordinal)
  if (state === 'done') group.rows.push(call.finishedAtMs)
  for (const payload of present) if (payload !== undefined) group.rows.push(packer.add(payload))
}

export function packPayloads(payloads: Iterable<Uint8Array | undefined>): PackedPayloads {
  const packer = new PayloadPacker()
  const lengths = Array.from(payloads, (payload) => packer.add(payload))
  return { lengths, bytes: packer.pack() }
}

/**
 * The payloads of a packet. Each has its own memory unless it is the only one, so that a small payload that is retained
 * does not retain the others.
 */
export function unpackPayloads({ lengths, bytes }: PackedPayloads): (Uint8Array | undefined)[] {
  const reader = new PayloadReader(bytes)
  return lengths.map((length) => {
    const payload = reader.next(length)
    return payload === undefined || payload.byteLength === bytes.byteLength ? payload : payload.slice()
  })
}
