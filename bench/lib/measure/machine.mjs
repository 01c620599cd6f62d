import { execFileSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

/** Magic numbers of the file systems that one meets; see statfs(2). */
const FILE_SYSTEMS = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlayfs'],
])

/** The machine, a line each. */
export function describeMachine() {
  const [{ model }] = cpus()
  const { type } = statfsSync(fileURLToPath(new URL('.', import.meta.url)))
  return [
    `machine: ${model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${release()} ${arch()}, ${FILE_SYSTEMS.get(type) ?? `file system 0x${type.toString(16)}`}, load ${loadavg()[0].toFixed(1)}`,
    `commit: ${commit()}`,
  ]
}

/** What is measured. */
function commit() {
  const git = (...args) => execFileSync('git', args, { cwd: fileURLToPath(new URL('.', import.meta.url)) })
  try {
    const isChanged = git('status', '--porcelain', '--', '../../packages').length > 0
    return `${git('rev-parse', '--short', 'HEAD')}`.trim() + (isChanged ? ', with changes in packages/' : '')
  } catch {
    return 'not in a git repository'
  }
}
