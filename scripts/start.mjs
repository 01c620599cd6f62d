// `npm start`: installs, builds, and runs the main example with Node itself, so that a signal to this process
// reaches the application.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const build = spawnSync('npx', ['--yes', packageManager, 'run', '--silent', 'ci:build'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  shell: process.platform === 'win32',
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
})
if (build.status !== 0) process.exit(build.status ?? 1)

const app = spawn(process.execPath, ['dist/main.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
  cwd: new URL('../examples/orders/', import.meta.url),
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => app.kill(signal))
app.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
