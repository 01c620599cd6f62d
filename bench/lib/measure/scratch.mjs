import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** On the disk of the repository: the folder for temporary files may be in memory, where a sync costs nothing. */
const root = join(process.env.BENCH_SCRATCH ?? fileURLToPath(new URL('../../.scratch', import.meta.url)))

/** This process's part of it. */
let own

/** Makes an empty folder. */
export function makeScratchFolder() {
  if (own === undefined) {
    mkdirSync(root, { recursive: true })
    own = mkdtempSync(join(root, 'run-'))
  }
  return mkdtempSync(join(own, 'store-'))
}

/** Removes what this process has made. */
export function removeScratch() {
  if (own !== undefined) rmSync(own, { recursive: true, force: true })
  own = undefined
}

process.on('exit', removeScratch)
