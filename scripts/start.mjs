// `npm start`: installs, builds, and runs the main example with Node itself, so that a signal to this process
// reaches the application. The application ends with whoever started it, also when that is killed with -9.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const orders = new URL('../examples/orders/', import.meta.url)
if (!existsSync(new URL('dist/', orders)))
  console.log('Installing and building; the first time takes a minute …')
const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const build = spawnSync('npx', ['--yes', packageManager, 'run', '--silent', 'ci:build'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  shell: process.platform === 'win32',
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
})
if (build.status !== 0) process.exit(build.status ?? 1)

// By the channel the application learns that this process is gone.
const app = spawn(process.execPath, ['dist/main.js', ...process.argv.slice(2)], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  cwd: orders,
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => app.kill(signal))
app.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))

// npm runs this in a shell, which outlives an npm that is killed.
const ancestors = ancestorsOf(process.ppid)
setInterval(() => {
  if (ancestorsOf(process.ppid) === ancestors) return
  app.kill('SIGKILL')
  process.exit(1)
}, 250).unref()

/** The process and its parent, where the system shows that in /proc. */
function ancestorsOf(pid) {
  const stat = `/proc/${pid}/stat`
  const parent = existsSync(stat) ? readFileSync(stat, 'utf8').split(') ').at(-1).split(' ')[1] : ''
  return `${pid} ${parent}`
}
