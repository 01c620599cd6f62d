import http from 'node:http'
import { DispatchError } from '@dispatch/protocol'
import { checkInteger, checkOptions, type OptionNames } from '@dispatch/protocol/text'
import type { Address } from '../checks/config-urls.js'
import { checkString } from '../checks/option-checks.js'

/** Where to listen. */
export interface ListenOptions {
  /** Host to listen on. Environment: `DISPATCH_ENDPOINT_ADDR`. Default `localhost`. */
  readonly host?: string | undefined
  /** Port to listen on; 0 takes a free one. Environment: `DISPATCH_ENDPOINT_ADDR`. Default 8000. */
  readonly port?: number | undefined
}

const LISTEN_OPTIONS = {
  host: ['hostname', 'address'],
  port: [],
} as const satisfies OptionNames<ListenOptions>

/** An HTTP server that serves functions. */
export interface Server {
  /** Where it listens, such as `http://localhost:8000`. */
  readonly url: string
  /** Accepts no more runs, waits for those under way, and closes the server and the `Dispatch`. */
  close(): Promise<void>
}

/** The part of a `Dispatch` that `listen` needs. */
export interface ListeningDispatch {
  handler(): http.RequestListener
  open(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
  close(): Promise<void>
}

/**
 * Serves a `Dispatch` on an HTTP server of its own.
 *
 * @throws {DispatchError} `tcp` when the address cannot be listened on.
 */
export async function listen(
  dispatch: ListeningDispatch,
  options: ListenOptions,
  address: Address,
): Promise<Server> {
  const place = 'listenAndServe(options)'
  const checked = checkOptions(options, place, LISTEN_OPTIONS)
  const host = checkString(checked.host, `${place}.host`) ?? address.host
  const port = checkInteger(checked.port, `${place}.port`, { min: 0, max: 65_535 }) ?? address.port
  const server = http.createServer(dispatch.handler())
  await dispatch.open()
  await listenOn(server, host, port)
  await dispatch.start()
  const bound = server.address()
  const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`,
    async close() {
      // Closes idle connections; those in use close after their answers.
      const stopped = dispatch.stop()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await stopped
      await closed
      await dispatch.close()
    },
  }
}

function listenOn(server: http.Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const fix =
        error.code === 'EADDRINUSE'
          ? ': another process has it; pass option port, or set DISPATCH_ENDPOINT_ADDR'
          : ''
      reject(
        new DispatchError('tcp', `cannot listen on ${host}:${port} (${error.code ?? error.message})${fix}`, {
          cause: error,
        }),
      )
    })
    server.listen({ host, port }, resolve)
  })
}
