import { parentPort, workerData } from 'node:worker_threads'
import { loadDriver } from '../driver/driver.js'
import { storeError } from '../driver/error.js'
import { openStoreDatabase, type StoreDatabase } from '../file/database.js'
import type { StoreReply, StoreRequest, StoreWorkerData } from '../rows/messages.js'
import { markCommitted, markCommitting, passGate } from './work-gate.js'

/**
 * The thread in which the store works, so that a sync of the disk does not stop the application's event loop.
 * Requests are worked off in the order in which they come; only `prune` lets others in between its steps.
 */
const port = parentPort
if (port === null) throw new TypeError('worker.js is started by the store; it is no program of its own')

const { gate, driverPlaces } = workerData as StoreWorkerData
let database: StoreDatabase | undefined
let path = ''
/** The commit that has failed last: what still comes of it is dropped. */
let failedId: number | undefined

port.on('message', (request: StoreRequest) => {
  void answer(request)
})

async function answer(request: StoreRequest): Promise<void> {
  try {
    if (request.op === 'open') {
      path = request.options.path
      const driver = await loadDriver(request.options.driver, driverPlaces)
      passGate(gate, () => {
        database = openStoreDatabase(driver.open, request.options, request.isReplacement)
      })
      reply({ id: request.id, value: driver.name })
    } else if (request.op === 'commit') {
      takePart(request)
    } else if (request.op === 'rollback') {
      if (request.id !== failedId) passGate(gate, () => openedDatabase().rollback())
    } else if (request.op === 'prune') {
      reply({ id: request.id, value: await prune(request.beforeMs, request.treesMax) })
    } else {
      const done = passGate(gate, () => perform(openedDatabase(), request))
      // The process is about to end: nothing more is done, and no answer is awaited.
      if (done !== undefined) reply({ id: request.id, value: done.value }, done.transfer)
    }
  } catch (error) {
    const { status, message } = storeError(error, path)
    reply({ id: request.id, failure: { status, message } })
  }
}

type CommitRequest = Extract<StoreRequest, { op: 'commit' }>

function takePart({ id, part, isLast }: CommitRequest): void {
  if (id === failedId) return
  try {
    const isDone = passGate(gate, () => {
      const store = openedDatabase()
      store.write(part)
      if (!isLast) return false
      markCommitting(gate, id)
      store.commit()
      markCommitted(gate, id)
      return true
    })
    if (isDone) reply({ id, value: undefined })
  } catch (error) {
    failedId = id
    throw error
  }
}

type SyncRequest = Exclude<StoreRequest, { op: 'open' | 'commit' | 'rollback' | 'prune' }>

function perform(store: StoreDatabase, request: SyncRequest): { value: unknown; transfer?: Uint8Array } {
  switch (request.op) {
    case 'load':
      for (const rows of store.liveCalls()) reply({ id: request.id, part: rows })
      return { value: store.finishedChildren() }
    case 'readPayloads': {
      const value = store.readPayloads(request.ids)
      return { value, transfer: value.bytes }
    }
    case 'readCall': {
      const value = store.readCall(request.callId)
      return value ? { value, transfer: value.payloads.bytes } : { value }
    }
    case 'existing':
      return { value: store.existing(request.ids) }
    case 'highestId':
      return { value: store.highestId(request.bound) }
    case 'readResults': {
      const { parentId, parentRestarts, ordinals, bytesMax } = request
      const value = store.readResults(parentId, parentRestarts, ordinals, bytesMax)
      return { value, transfer: value.results.bytes }
    }
    case 'readJournal': {
      const value = store.readJournal(request.callId, request.restarts)
      return { value, transfer: value.entries.bytes }
    }
    case 'close':
      database = undefined
      return { value: store.close() }
  }
}

async function prune(beforeMs: number, treesMax: number): Promise<number> {
  const steps = openedDatabase().prune(beforeMs, treesMax)
  for (;;) {
    const step = passGate(gate, () => steps.next())
    if (step?.done) return step.value
    do await new Promise((resolve) => setImmediate(resolve))
    while (openedDatabase().isCommitting)
  }
}

function openedDatabase(): StoreDatabase {
  if (database === undefined) throw new Error('the store is closed')
  return database
}

function reply(message: StoreReply, transfer?: Uint8Array): void {
  port?.postMessage(message, transfer === undefined ? [] : [transfer.buffer as ArrayBuffer])
}
