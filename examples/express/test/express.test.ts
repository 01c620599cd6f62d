import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DispatchMiddlewareOptions } from '@dispatch/express'
import { serveScheduler } from '@dispatch/scheduler'
import express from 'express'
import t, { type Test } from 'tap'
import { createApp } from '../dist/app.js'
import { express4 } from '../dist/express4.js'
import { createMailer, type Mailer } from '../dist/mailer.js'

const SITUATIONS = [
  { name: 'Express 5, express.json() before', express, json: 'before' },
  { name: 'Express 5, express.json() after', express, json: 'after' },
  { name: 'Express 4, express.json() before', express: express4, json: 'before' },
  { name: 'Express 4, express.json() after', express: express4, json: 'after' },
] as const
type Situation = (typeof SITUATIONS)[number]

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

/** Serves the application; `optionsOf` gives the options for its URL. */
async function serve(
  t: Test,
  situation: Situation,
  optionsOf: (url: string) => Promise<DispatchMiddlewareOptions>,
): Promise<{ url: string; mailer: Mailer }> {
  const mailer = createMailer()
  const server = createServer()
  const url = await listening(server)
  const { name: _, ...options } = situation
  const { app, middleware } = createApp({ ...options, ...(await optionsOf(url)), mailer })
  middleware.attach(server.on('request', app))
  t.teardown(async () => {
    await new Promise((resolve) => server.close(resolve))
  })
  return { url, mailer }
}

async function post(url: string, body: object): Promise<unknown> {
  const response = await fetch(`${url}?wait=20s`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return await response.json()
}

async function checkApp(t: Test, { url, mailer }: { url: string; mailer: Mailer }): Promise<void> {
  t.match(await post(`${url}/signups`, { name: 'Ada', email: 'ada@example.com' }), {
    status: 'ok',
    output: 'Ada is welcome',
  })
  t.strictSame(mailer.sent.get('ada@example.com'), ['Welcome, Ada!', 'How do you like it, Ada?'])
  const to = Array.from({ length: 20 }, (_, n) => `reader${n}@example.com`)
  t.match(await post(`${url}/newsletters`, { to, text: 'News!' }), { status: 'ok', output: 'sent to 20' })
  t.strictSame(
    to.map((reader) => mailer.sent.get(reader)),
    to.map(() => ['News!']),
  )
}

for (const situation of SITUATIONS) {
  t.test(`${situation.name}: a scheduler in the process`, async (t) => {
    await checkApp(t, await serve(t, situation, async () => ({ store: ':memory:', env: {} })))
  })

  t.test(`${situation.name}: a scheduler elsewhere, which signs`, async (t) => {
    const keys = generateKeyPairSync('ed25519')
    const scheduler = await serveScheduler({
      store: ':memory:',
      port: 0,
      apiKeys: ['key-of-the-app'],
      signingKey: keys.privateKey,
    })
    const served = await serve(t, situation, async (url) => ({
      env: {
        DISPATCH_API_URL: scheduler.url,
        DISPATCH_API_KEY: 'key-of-the-app',
        DISPATCH_ENDPOINT_URL: url,
        DISPATCH_VERIFICATION_KEY: keys.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      },
    }))
    t.teardown(() => scheduler.close())
    await checkApp(t, served)
  })
}

t.test('an input that does not match the schema is refused, and the message has the field', async (t) => {
  const { url } = await serve(t, SITUATIONS[0], async () => ({ store: ':memory:', env: {} }))
  const response = await fetch(`${url}/signups`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"name":"Ada"}',
  })
  t.equal(response.status, 400)
  t.match(await response.json(), { error: 'input.email: expected string, got undefined' })
})
