// Opens a store under conditions in which that may fail: `node opener.js <OpenerConfig as JSON>`.
import { closeSync, openSync } from 'node:fs'
import { createSqliteStore } from '@dispatch/scheduler'

export interface OpenerConfig {
  readonly store: string
  /** Number of free file descriptors at the first attempt. Default: all. */
  readonly descriptors?: number
}

/** Results of two attempts: `opened`, or status and message. */
export interface Openings {
  readonly first: string
  /** The attempt with all descriptors. */
  readonly second: string
}

const { store: path, descriptors } = JSON.parse(process.argv[2] ?? '') as OpenerConfig
const taken: number[] = []
if (descriptors !== undefined) takeAllBut(descriptors)
const first = await opened()
for (const descriptor of taken) closeSync(descriptor)
const openings: Openings = { first, second: await opened() }
process.stdout.write(`ready ${JSON.stringify(openings)}\n`)

function takeAllBut(left: number): void {
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch {
    for (const descriptor of taken.splice(0, left)) closeSync(descriptor)
  }
}

async function opened(): Promise<string> {
  const store = createSqliteStore({ path })
  try {
    await store.open()
    await store.close()
    return 'opened'
  } catch (error) {
    return `${(error as { status?: string }).status}: ${(error as Error).message}`
  }
}
