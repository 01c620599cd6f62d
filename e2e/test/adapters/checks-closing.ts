import http from 'node:http'
import { create, EMBEDDED, embedded, nextRunOf, until } from '../helpers/adapters/fixtures.js'
import { exchange, jsonRequest } from '../helpers/http/http-exchange.js'
import type { AdapterCheck } from './contract.js'

/** The promises of adapters about shutdown. */
export const CLOSING_CHECKS: readonly AdapterCheck[] = [
  {
    name: 'closing waits for a request in progress on a keep-alive connection, and no longer',
    async run(t, adapter) {
      let open: () => void = () => {}
      const gate = new Promise<void>((resolve) => {
        open = resolve
      })
      const app = create(t, adapter, { dispatch: { ...EMBEDDED, store: ':memory:' }, gate })
      const url = await app.listen()
      // The server keeps an idle connection for ten minutes, which is longer than the timeout of the test.
      const agent = new http.Agent({ keepAlive: true })
      t.teardown(() => agent.destroy())
      await exchange(url, { path: '/dispatch/calls/nobody', agent })
      const answer = exchange(url, { path: '/gate', agent })
      await app.isAtGate
      const closed = app.close()
      await until(() => app.dispatch.isStopping)
      open()
      t.equal((await answer).body.toString(), 'open')
      t.equal((await answer).headers.connection, 'close')
      await closed
      t.pass('closed')
    },
  },
  {
    name: 'closing waits for a run, and answers requests that wait for calls that did not end',
    async run(t, adapter) {
      const { url, app } = await embedded(t, adapter)
      const running = nextRunOf('held')
      const held = await exchange(url, jsonRequest('/calls-of/held', {}))
      const release = await running
      const suspending = nextRunOf('later')
      const waiting = exchange(url, jsonRequest('/calls-of/later?wait=60s', {}))
      await suspending
      const closed = app.close()
      let isClosed = false
      void closed.then(() => {
        isClosed = true
      })
      await new Promise((resolve) => setImmediate(resolve))
      t.equal(isClosed, false)
      release()
      t.equal((await waiting).status, 202)
      await closed
      t.equal(held.status, 202)
    },
  },
]
