import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { func } from '@dispatch/core'
import { createEmbeddedScheduler } from '@dispatch/scheduler'
import { Type } from '@sinclair/typebox'
import type { Test } from 'tap'
import { type Answer, exchange, jsonOf } from '../http/http-exchange.js'
import { createNoScheduler } from '../runs/no-scheduler.js'
import { VERIFICATION_KEY } from '../runs/run-exchange.js'
import type { Adapter, App, AppOptions } from './adapters.js'

export const greet = func('greet', async ({ name }: { name: string }) => `hello ${name}`)

const runListeners = new Map<string, (release: () => void) => void>()

/** Resolves when a call of the function begins to run, with a function that ends `held`. */
export function nextRunOf(name: 'ran' | 'held' | 'later'): Promise<() => void> {
  return new Promise((resolve) => runListeners.set(name, resolve))
}

function announceRun(name: string, release: () => void = () => {}): void {
  runListeners.get(name)?.(release)
}

const FUNCTIONS = [
  greet,
  func('fail', async () => {
    throw new TypeError('a bug')
  }),
  func('parent', async ({ name }: { name: string }) => greet.await({ name })),
  func('strict', { input: Type.Object({ cents: Type.Integer() }) }, async ({ cents }) => cents),
  func('undefined', async () => undefined),
  func('bigint', async () => 12345678901234567890n),
  func('date', async () => new Date(0)),
  func('circular', async () => {
    const value: Record<string, unknown> = {}
    value.self = value
    return value
  }),
  func('ran', async () => {
    announceRun('ran')
    return 'ran'
  }),
  func('held', async () => {
    await new Promise<void>((resolve) => announceRun('held', resolve))
  }),
  func('later', async (_input: unknown, call) => {
    announceRun('later')
    await call.sleep('1h')
  }),
]

/** Options for an embedded scheduler, whatever the environment variables. */
export const EMBEDDED = { functions: FUNCTIONS, scheduler: createEmbeddedScheduler, env: {} } as const

/** An application that is closed at the end of the test. */
export function create(t: Test, adapter: Adapter, options: AppOptions): App {
  const app = adapter.create(options)
  t.teardown(() => app.close().catch(() => undefined))
  return app
}

/** An application that listens, with an embedded scheduler. */
export async function embedded(
  t: Test,
  adapter: Adapter,
  options: Partial<AppOptions['dispatch']> = {},
  mountPath?: string,
): Promise<{ app: App; url: string }> {
  const dispatch = { ...EMBEDDED, store: ':memory:', ...options }
  const app = create(t, adapter, mountPath === undefined ? { dispatch } : { dispatch, mountPath })
  return { app, url: await app.listen() }
}

/** An application that listens, with a stand-alone scheduler. */
export async function remote(
  t: Test,
  adapter: Adapter,
  options: Partial<AppOptions['dispatch']> = {},
  mountPath?: string,
): Promise<{ app: App; url: string; authority: string }> {
  const scheduler = createNoScheduler()
  const { app, url } = await embedded(
    t,
    adapter,
    { scheduler, verificationKey: VERIFICATION_KEY, ...options },
    mountPath,
  )
  return { app, url, authority: new URL(url).host }
}

/** The body at the location of an answer, once the call is done. */
export async function resultOf(url: string, answer: Answer): Promise<unknown> {
  const result = await exchange(url, { path: `${answer.headers.location}?wait=10s` })
  return jsonOf(result)
}

/** Resolves when a condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

/** A folder that is removed at the end of the test. */
export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
