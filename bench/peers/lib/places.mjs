import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the comparison, which has a package.json and packages of its own. */
export const PEERS = fileURLToPath(new URL('..', import.meta.url))

/** Where servers lie that the system does not have. Ignored by git. */
export function folderOfServers() {
  return join(PEERS, '.servers')
}

/** @param {string} command */
export function isOnPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, command)))
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
