import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The import that the calls of this folder belong to. */
export interface ImportState {
  /** Counts the imports. */
  readonly number: number
  /** Digest of the file and of the options that select orders. */
  readonly digest: string
  readonly startedAtMs: number
  readonly isFinished: boolean
}

/** The import that an earlier process did not finish, or a new one. */
export function openImport(
  folder: string,
  digest: string,
  nowMs: number,
): ImportState & { readonly isOld: boolean } {
  const former = readState(folder)
  if (former !== undefined && !former.isFinished && former.digest === digest)
    return { ...former, isOld: true }
  const state = { number: (former?.number ?? 0) + 1, digest, startedAtMs: nowMs, isFinished: false }
  if (former !== undefined) rmSync(ledgerPathOf(folder, former), { force: true })
  writeState(folder, state)
  return { ...state, isOld: false }
}

/** The next process starts a new import. */
export function finishImport(folder: string, { number, digest, startedAtMs }: ImportState): void {
  writeState(folder, { number, digest, startedAtMs, isFinished: true })
}

/** File of the payment service's ledger. */
export function ledgerPathOf(folder: string, { number }: Pick<ImportState, 'number'>): string {
  return join(folder, `payments-${number}.jsonl`)
}

function readState(folder: string): ImportState | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'import.json'), 'utf8')) as ImportState
  } catch {
    return undefined
  }
}

/** Atomic, whenever the process is killed. */
function writeState(folder: string, state: ImportState): void {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'import.json')
  writeFileSync(`${path}.new`, JSON.stringify(state))
  renameSync(`${path}.new`, path)
}
