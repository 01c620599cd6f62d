import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatSigningKey, generateKeyPair } from '@dispatch/protocol/signature'
import t from 'tap'
import { ROOT } from './docs-of-the-repository.js'
import { type Compiled, compileDocuments } from './programs/compile.js'
import { blocksOf, type Program, programsOf } from './programs/documents.js'
import { type Running, start } from './programs/processes.js'

const PRODUCTION = 'docs/guide/production.md'
const [APPLICATION, SCHEDULER] = programsOf(PRODUCTION) as [Program, Program]

let compiled: Compiled

t.before(async () => {
  compiled = await compileDocuments('production', [PRODUCTION])
})

t.test('the application waits for the file of its predecessor, and has its calls', async (t) => {
  const folder = t.testdir()
  const startApplication = () => start(t, compiled.pathOf(APPLICATION), { PORT: '0' }, folder)
  const first = await startApplication()
  const response = await fetch(`${first.firstLine}/greet/World`, { method: 'POST' })
  t.equal(response.status, 202)

  const second = await startApplication()
  t.match(JSON.parse(second.firstLine), { err: { message: refusalOf(first) } }, 'as the document quotes it')
  const nextLine = once(second.lines, 'line')
  t.equal(await exitCodeOf(first, 'SIGTERM'), 0)
  const [url] = (await nextLine) as [string]
  const result = await fetch(`${url}${response.headers.get('location')}?wait=30s`)
  t.match(await result.json(), { status: 'ok', output: 'hello World' })
})

t.test('the application is healthy, and ends when it is interrupted', async (t) => {
  const running = await start(t, compiled.pathOf(APPLICATION), { PORT: '0' }, t.testdir())
  const response = await fetch(`${running.firstLine}/healthz`)
  t.strictSame([response.status, await response.json()], [200, { status: 'ok' }])
  t.equal(await exitCodeOf(running, 'SIGINT'), 0)
})

t.test('the stand-alone scheduler is healthy, and ends when it is terminated', async (t) => {
  const env = {
    PORT: '0',
    DISPATCH_API_KEY: 'a-key-of-the-page',
    DISPATCH_SIGNING_KEY: formatSigningKey(generateKeyPair().privateKey),
  }
  const running = await start(t, compiled.pathOf(SCHEDULER), env, t.testdir())
  const response = await fetch(`${running.firstLine}/health`)
  t.equal(response.status, 200)
  await response.text()
  t.equal(await exitCodeOf(running, 'SIGTERM'), 0)
})

/** The message that the document quotes, behind the path of the file, as it is for a process. */
function refusalOf({ child }: Running): RegExp {
  const [quoted] = blocksOf(readFileSync(join(ROOT, PRODUCTION), 'utf8')).filter(
    ({ language }) => language === 'text',
  )
  const message = (quoted?.text ?? '').trim().replaceAll('\n', ' ').replace('pid 4242', `pid ${child.pid}`)
  return new RegExp(`${message.replace(/^\S+/, '').replace(/[()]/g, '\\$&')}$`)
}

async function exitCodeOf({ child }: Running, signal: NodeJS.Signals): Promise<unknown> {
  const exit = once(child, 'exit')
  child.kill(signal)
  const [code] = await exit
  return code
}
