import type { DispatchPluginOptions } from '@dispatch/fastify'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { createNoScheduler } from '../runs/no-scheduler.js'
import { runBytes, VERIFICATION_KEY } from '../runs/run-exchange.js'
import { EMBEDDED, greet } from './fixtures.js'

/** A run of `greet`, and its result. */
export const BODY = runBytes('greet', { name: 'Ada' })
export const GREETED = { status: 'ok', output: 'hello Ada' }
export const REMOTE = { functions: [greet], verificationKey: VERIFICATION_KEY, env: {} }

/** Options for a stand-alone scheduler. */
export function remoteOptions(): DispatchPluginOptions {
  return { ...REMOTE, scheduler: createNoScheduler() }
}

/** Options for an embedded scheduler. */
export function localOptions(): DispatchPluginOptions {
  return { ...EMBEDDED, store: ':memory:' }
}

/** An application that listens, and is closed at the end of the test. */
export async function listen(
  t: Test,
  app: Pick<FastifyInstance, 'listen' | 'close'>,
): Promise<{ url: string; authority: string }> {
  t.teardown(() => app.close())
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return { url, authority: new URL(url).host }
}
