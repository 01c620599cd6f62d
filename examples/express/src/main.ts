import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import express from 'express'
import { createApp } from './app.js'
import { express4 } from './express4.js'
import { createMailer } from './mailer.js'

const { values } = parseArgs({
  options: {
    express: { type: 'string', default: '5' },
    json: { type: 'string', default: 'before' },
  },
})
const { app, middleware } = createApp({
  express: values.express === '4' ? express4 : express,
  json: values.json === 'after' ? 'after' : 'before',
  mailer: createMailer(),
})

// Like app.listen(3000), with a server that waits for active runs when it is closed.
const server = middleware.attach(createServer(app))
server.listen(Number(process.env.PORT ?? 3000), 'localhost', () => {
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  console.log(`Express ${values.express} at ${url}, express.json() ${values.json} the middleware. Try`)
  console.log(
    `  curl '${url}/signups?wait=5s' -H 'content-type: application/json' -d '{"name":"Ada","email":"ada@example.com"}'`,
  )
})
const close = () => server.close()
process.once('SIGINT', close).once('SIGTERM', close)
