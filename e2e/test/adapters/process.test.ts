import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { EXPRESS_4, EXPRESS_5, FASTIFY_5 } from '../helpers/adapters/adapters.js'
import { temporaryFolder } from '../helpers/adapters/fixtures.js'
import { exchange, jsonOf, jsonRequest } from '../helpers/http/http-exchange.js'
import type { ProcessEvent } from './process.js'

const FILE = fileURLToPath(new URL('./process.js', import.meta.url))

/** An application in a process of its own. */
class Process {
  readonly #child: ChildProcess
  readonly #events: ProcessEvent[] = []
  #wake = () => {}
  readonly ended: Promise<unknown[]>

  constructor(t: Test, ...args: [adapter: string, store: string, what: string]) {
    this.#child = fork(FILE, args, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.ended = once(this.#child, 'exit')
    this.#child.on('message', (event: ProcessEvent) => {
      this.#events.push(event)
      this.#wake()
    })
    t.teardown(() => this.#child.kill('SIGKILL'))
  }

  /** The next event of a kind. */
  async next<Kind extends ProcessEvent['kind']>(kind: Kind): Promise<Extract<ProcessEvent, { kind: Kind }>> {
    while (true) {
      const index = this.#events.findIndex((event) => event.kind === kind)
      if (index >= 0) return this.#events.splice(index, 1)[0] as Extract<ProcessEvent, { kind: Kind }>
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  release(): void {
    this.#child.send('release')
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

for (const { name } of [FASTIFY_5, EXPRESS_4, EXPRESS_5]) {
  t.test(`situation 13: ${name}: SIGTERM during a run that ends in time`, async (t) => {
    const store = join(temporaryFolder(t), 'calls.db')
    const first = new Process(t, name, store, 'serve')
    const { url } = await first.next('listening')
    const answer = await exchange(url, jsonRequest('/calls-of/held', {}))
    await first.next('running')
    first.kill('SIGTERM')
    first.release()
    t.strictSame(await first.ended, [0, null])
    const second = new Process(t, name, store, 'serve')
    const path = `${answer.headers.location}`
    const result = await exchange((await second.next('listening')).url, { path })
    t.match(jsonOf(result), { status: 'ok', output: 'released' })
  })
}

// Express 4 does not differ here.
for (const { name } of [FASTIFY_5, EXPRESS_5]) {
  t.test(
    `situation 13: ${name}: SIGTERM during a run that does not end is not counted as an attempt`,
    async (t) => {
      const store = join(temporaryFolder(t), 'calls.db')
      const first = new Process(t, name, store, 'serve')
      const { url } = await first.next('listening')
      await exchange(url, jsonRequest('/calls-of/held', {}))
      t.equal((await first.next('running')).attempt, 1)
      first.kill('SIGTERM')
      t.strictSame(await first.ended, [0, null])
      const second = new Process(t, name, store, 'serve')
      t.equal((await second.next('running')).attempt, 1)
    },
  )

  t.test(`situation 11: ${name}: killed and restarted immediately, it continues`, async (t) => {
    const store = join(temporaryFolder(t), 'calls.db')
    const first = new Process(t, name, store, 'serve')
    const { url } = await first.next('listening')
    const answer = await exchange(url, jsonRequest('/calls-of/held', {}))
    await first.next('running')
    first.kill('SIGKILL')
    await first.ended
    const second = new Process(t, name, store, 'serve')
    await second.next('running')
    second.release()
    const path = `${answer.headers.location}?wait=10s`
    const result = await exchange((await second.next('listening')).url, { path })
    t.match(jsonOf(result), { status: 'ok', output: 'released' })
  })

  t.test(`situation 14: ${name}: a process that has closed its application exits`, async (t) => {
    const application = new Process(t, name, join(temporaryFolder(t), 'calls.db'), 'once')
    t.strictSame(await application.ended, [0, null])
  })
}

t.test(
  'situation 11: Fastify 5: started twice, the second process names the file that is open, and exits',
  async (t) => {
    const store = join(temporaryFolder(t), 'calls.db')
    const first = new Process(t, FASTIFY_5.name, store, 'serve')
    await first.next('listening')
    const second = new Process(t, FASTIFY_5.name, store, 'serve')
    const { message } = await second.next('failed')
    t.match(message, store)
    t.strictSame(await second.ended, [0, null])
  },
)

t.test('situation 14: Express 5: a process that only creates the middleware exits', async (t) => {
  const application = new Process(t, EXPRESS_5.name, join(temporaryFolder(t), 'calls.db'), 'import')
  t.strictSame(await application.ended, [0, null])
})
