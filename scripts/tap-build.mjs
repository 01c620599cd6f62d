// tap compiles its set of plugins into node_modules. That must happen once per install, before test runs
// that go in parallel; a stamp beside the modules says that it was done for the present configuration.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const stamp = 'node_modules/.tap-built'
const wanted = readFileSync('packages/protocol/.taprc', 'utf8')
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  execFileSync('tap', ['build'], {
    cwd: 'packages/protocol',
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  writeFileSync(stamp, wanted)
}
