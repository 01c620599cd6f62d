import http from 'node:http'
import { create, EMBEDDED, embedded, nextRunOf, until } from '../helpers/adapters/fixtures.js'
import { exchange, jsonRequest } from '../helpers/http/http-exchange.js'
import type { AdapterCheck } from './contract.js'

/** What adapters promise about the end. */
export const CLOSING_CHECKS: readonly AdapterCheck[] = [
  {
    name: 'closing waits for a request in flight on a connection that is kept alive, and for no longer',
    async run(t, adapter) {
      let open: () => void = () => {}
      const gate = new Promise<void>((resolve) => {
        open = resolve
      })
      const app = create(t, adapter, { dispatch: { ...EMBEDDED, store: ':memory:' }, gate })
      const url = await app.listen()
      // The server would keep an idle connection for ten minutes: longer than a test may take.
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
    name: 'closing waits for a run, and answers those who wait for what did not end',
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
