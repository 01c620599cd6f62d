import type { CallRecord, FinishedChild, Store, Write } from '@dispatch/scheduler'

export const NO_WAIT = { minResults: 0, maxResults: 0, wakeOnFailure: false, untilMs: 0 }

/** Every field with a value that is not its default. */
export const FULL_FIELDS: Partial<CallRecord> = {
  parentId: '',
  rootId: 'p',
  correlationId: 2n ** 64n - 1n,
  tenant: 'tenant "x" \\ \u{1f418}',
  createdAtMs: 1_718_000_000_123,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
  endpoint: 'https://example.com/prefix?ä=ö',
  function: 'outer.<locals>.inner',
  version: 'v1',
  options: {
    attemptsMax: 4_294_967_295,
    giveUpAfterMs: 86_400_000,
    concurrencyMax: 7,
    runMsMax: 90_000,
    priority: -7,
    concurrencyKeyMax: 3,
  },
  concurrencyKey: 'shop ä',
  inputBytes: 10_000_000,
  state: 'suspended',
  dueAtMs: 1_718_000_000_124,
  attempts: 3,
  statusCode: 15,
  progressAtMs: 1_718_000_000_125,
  unknownSinceMs: 1_718_000_000_126,
  restarts: 2,
  polls: 9,
  children: 1_000_000,
  wait: { minResults: 1, maxResults: 1_000, wakeOnFailure: true, untilMs: 1_718_000_300_000 },
  finishedAtMs: 0,
}

/** A pending call at the top. */
export function call(id: string, fields: Partial<CallRecord> = {}): CallRecord {
  return {
    id,
    parentId: '',
    ordinal: 0,
    parentRestarts: 0,
    rootId: id,
    correlationId: 0n,
    tenant: '',
    createdAtMs: 1,
    expiresAtMs: 0,
    endpoint: 'http://a',
    function: 'f',
    version: '',
    options: {
      attemptsMax: 0,
      giveUpAfterMs: 0,
      concurrencyMax: 0,
      runMsMax: 0,
      priority: 0,
      concurrencyKeyMax: 0,
    },
    concurrencyKey: '',
    inputBytes: 0,
    state: 'pending',
    dueAtMs: 1,
    attempts: 0,
    statusCode: 0,
    progressAtMs: 1,
    unknownSinceMs: 0,
    restarts: 0,
    polls: 0,
    children: 0,
    wait: NO_WAIT,
    finishedAtMs: 0,
    ...fields,
  }
}

export function insert(record: CallRecord, input: Uint8Array = bytes(1)): Write {
  return { kind: 'insert', call: record, input }
}

export function done(id: string, finishedAtMs: number, fields: Partial<CallRecord> = {}): CallRecord {
  return call(id, { state: 'done', finishedAtMs, ...fields })
}

export function child(parent: CallRecord, ordinal: number, fields: Partial<CallRecord> = {}): CallRecord {
  const { id, rootId, restarts } = parent
  return call(`${id}/${ordinal}`, { parentId: id, rootId, parentRestarts: restarts, ordinal, ...fields })
}

export function update(
  record: CallRecord,
  fields: { input?: Uint8Array; state?: Uint8Array | null; result?: Uint8Array } = {},
): Write {
  return { kind: 'update', call: record, ...fields }
}

export function journal(
  callId: string,
  restarts: number,
  position: number,
  ordinals: readonly number[],
  entry: Uint8Array,
): Write {
  return { kind: 'journal', callId, restarts, position, ordinals, entry }
}

export function bytes(size: number, value = 1): Uint8Array {
  return new Uint8Array(size).fill(value)
}

export function payloads(input: Uint8Array, state?: Uint8Array, result?: Uint8Array) {
  return { input, state, result }
}

/** All that a store has to load. */
export async function load(store: Store): Promise<{ calls: CallRecord[]; finished: FinishedChild[] }> {
  const calls: CallRecord[] = []
  const finished = await store.load((part) => calls.push(...part))
  return { calls, finished }
}

export function ids({ calls }: { calls: readonly CallRecord[] }): string[] {
  return calls.map(({ id }) => id)
}
