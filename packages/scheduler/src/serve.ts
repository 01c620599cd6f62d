import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DispatchError, type Logger } from '@dispatch/protocol'
import type { KeyInput } from '@dispatch/protocol/signature'
import {
  checkInteger,
  checkOptions,
  checkStorePath,
  describeValue,
  type OptionNames,
} from '@dispatch/protocol/text'
import { pickOptions } from './options/pick-options.js'
import {
  createScheduler,
  LIMIT_OPTIONS,
  SCHEDULER_OPTIONS,
  type SchedulerLimits,
  type SchedulerOptions,
  type TenantScheduler,
} from './scheduler.js'
import type { ApiKeys } from './service/api-keys.js'
import { isLoopbackHost } from './service/loopback.js'
import { REQUEST_LIMIT_OPTIONS, type RequestLimits } from './service/request-capacity.js'
import { createSchedulerHandler, HANDLER_OPTIONS } from './service/scheduler-handler.js'
import { createMemoryStore } from './store/memory-store.js'
import { createSqliteStore } from './store/sqlite/sqlite-store.js'
import type { Store } from './store/store.js'
import { createHttpTransport } from './transport/http-transport.js'

/** Options of {@link serveScheduler}. */
export interface ServeSchedulerOptions
  extends SchedulerLimits,
    RequestLimits,
    Pick<SchedulerOptions, 'retentionMs' | 'retryPolicy'> {
  /** A store, the path of its file, or `':memory:'`, which is lost when the process ends. */
  readonly store: Store | string
  /** Address to listen on. An address that other machines can reach requires `apiKeys` and `allowedEndpoints`. Default `127.0.0.1`. */
  readonly host?: string
  /** Port to listen on; 0 takes a free one. Default 8001. */
  readonly port?: number
  /** Keys of the applications, or the tenant of each key: tenants do not see each other's calls. Default: none; only clients on this machine are answered. */
  readonly apiKeys?: ApiKeys
  /** Endpoints that runs may be sent to, see `parseAllowedEndpoints`. Default `['*']`: all. */
  readonly allowedEndpoints?: readonly string[]
  /** Ed25519 private key that signs runs, as PEM or base64. Default: none; runs are not signed. */
  readonly signingKey?: KeyInput
  /** Time limit of a run whose call has no `runTimeout`, in milliseconds. Default 900 000. */
  readonly runMsMax?: number
  /** Maximum of bytes of a request or an answer, before and after decompression. Default 16 000 000. */
  readonly bodyBytesMax?: number
  /** Maximum of runs in one request to an endpoint; 1 sends each run alone, for a proxy that buffers answers. Default 100. */
  readonly runsPerRequestMax?: number
  /** Receives log messages. Default: none. */
  readonly logger?: Logger
}

const SERVE_OPTIONS = {
  ...LIMIT_OPTIONS,
  ...REQUEST_LIMIT_OPTIONS,
  retentionMs: ['retention', 'keepMs', 'ttl'],
  retryPolicy: ['retry', 'backoff'],
  store: ['database', 'db', 'path', 'file'],
  host: ['hostname', 'address'],
  port: [],
  apiKeys: ['apiKey', 'keys', 'tokens'],
  allowedEndpoints: ['allowedUrls', 'endpoints'],
  signingKey: ['privateKey'],
  runMsMax: ['runTimeout', 'runTimeoutMs'],
  bodyBytesMax: ['bodyLimit', 'maxBodySize'],
  runsPerRequestMax: ['batchSize'],
  logger: ['log'],
} as const satisfies OptionNames<ServeSchedulerOptions>

/** A running scheduler. */
export interface ServedScheduler {
  /** Its URL: the value for `DISPATCH_API_URL`. */
  readonly url: string
  /** The scheduler itself. */
  readonly scheduler: TenantScheduler
  /**
   * Takes no new requests, gives runs `graceMs` (default 10 s) to end, then closes everything. Runs that have not ended are
   * repeated after the next start.
   */
  close(graceMs?: number): Promise<void>
}

const HOST = '127.0.0.1'
const PORT = 8001
const GRACE_MS = 10_000

/** Longer than load balancers keep idle connections, so that the load balancer closes them first. */
const KEEP_ALIVE_MS = 75_000

/**
 * Runs a stand-alone scheduler: opens the store, listens, and starts to run calls.
 *
 * `GET /health` is answered with 200 while the store can be read, and with 503 otherwise.
 *
 * @throws {TypeError} When an option does not exist, is malformed, or is missing for that host.
 * @throws {DispatchError} When the store cannot be opened, or the address cannot be listened on.
 */
export async function serveScheduler(options: ServeSchedulerOptions): Promise<ServedScheduler> {
  checkServeOptions(options)
  const { host = HOST, port = PORT } = options
  assertGuarded(host, options)
  const closing = new AbortController()
  const { allowedEndpoints, signingKey, bodyBytesMax, runsPerRequestMax } = options
  const transport = createHttpTransport({
    ...(allowedEndpoints !== undefined && { allowedEndpoints }),
    ...(signingKey !== undefined && { signingKey }),
    ...(bodyBytesMax !== undefined && { bodyBytesMax }),
    ...(runsPerRequestMax !== undefined && { runsPerRequestMax }),
  })
  const scheduler = createScheduler({
    ...pickOptions(options, SCHEDULER_OPTIONS),
    store: storeOf(options),
    endpointOf: (url) => transport.endpointOf(url),
  })
  const handle = createSchedulerHandler({
    ...pickOptions(options, HANDLER_OPTIONS),
    scheduler,
    closing: closing.signal,
  })
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS },
    withHealth(handle, scheduler, closing.signal),
  )
  try {
    await scheduler.open()
    await listen(server, host, port)
  } catch (error) {
    await Promise.all([scheduler.close(), transport.close()])
    throw error
  }
  scheduler.start()
  const close = async (graceMs: number) => {
    closing.abort()
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeIdleConnections()
    await scheduler.stop(graceMs)
    await scheduler.close()
    await transport.close()
    server.closeAllConnections()
    await closed
  }
  let closed: Promise<void> | undefined
  return {
    url: urlOf(server),
    scheduler,
    close(graceMs = GRACE_MS) {
      closed ??= close(graceMs)
      return closed
    },
  }
}

function checkServeOptions(options: ServeSchedulerOptions): void {
  const { store, port, signingKey } = checkOptions(options, 'serveScheduler(options)', SERVE_OPTIONS)
  const isStore = typeof store === 'string' ? store !== '' : typeof store === 'object' && store !== null
  if (!isStore) {
    throw new TypeError(
      `option store: expected the path of a file, ':memory:' or a store, got ${describeValue(store)}`,
    )
  }
  if (typeof store === 'string') checkStorePath(store, 'option store')
  // An unset variable must not switch signing off.
  if (typeof signingKey === 'string' && signingKey.trim() === '') {
    throw new TypeError(
      'option signingKey: expected a private key, got an empty string; leave the option out to sign nothing',
    )
  }
  checkInteger(port, 'option port', { min: 0, max: 65_535 })
}

function assertGuarded(host: string, { apiKeys, allowedEndpoints }: ServeSchedulerOptions): void {
  if (isLoopbackHost(host)) return
  const reason = `other machines can reach host ${JSON.stringify(host)}`
  if (apiKeys === undefined) {
    throw new TypeError(
      `option apiKeys: expected at least one key, got none, and ${reason}; set apiKeys, or listen on 127.0.0.1`,
    )
  }
  if (allowedEndpoints === undefined) {
    throw new TypeError(
      `option allowedEndpoints: expected the URLs of your applications, such as ["https://app.example.com"], got none, and ${reason} and could make this one send requests to any URL; ["*"] allows that`,
    )
  }
}

function storeOf({ store, logger }: ServeSchedulerOptions): Store {
  if (typeof store !== 'string') return store
  return store === ':memory:'
    ? createMemoryStore()
    : createSqliteStore({ path: store, ...(logger && { logger }) })
}

function withHealth(
  handle: RequestListener,
  scheduler: TenantScheduler,
  closing: AbortSignal,
): RequestListener {
  return (request, response) => {
    if (request.method !== 'GET' || request.url?.split('?', 1)[0] !== '/health')
      return handle(request, response)
    // A call that does not exist is looked up on the disk.
    const healthy = closing.aborted ? Promise.reject(new Error('closing')) : scheduler.get('-')
    healthy.then(
      () => writeHealth(response, 200, 'ok'),
      () => writeHealth(response, 503, 'unavailable'),
    )
  }
}

function writeHealth(response: ServerResponse, httpStatus: number, status: string): void {
  response.writeHead(httpStatus, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify({ status }))
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new DispatchError('permanent', `the scheduler cannot listen on ${host}:${port}: ${error.message}`, {
          cause: error,
        }),
      )
    })
    server.listen(port, host, resolve)
  })
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
