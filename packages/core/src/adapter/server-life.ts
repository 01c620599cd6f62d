import type { Server } from 'node:net'
import type { Logger } from '@dispatch/protocol'
import { clearInterval, setInterval } from '@dispatch/protocol/time'
import type { Mount } from './mount.js'

/** The life of a {@link Mount} in an application whose framework has none, such as Express. */
export interface ServerLife {
  /** Lets calls be run, in the background; once, but again when it could not be done. Call it for every request. */
  start(): void
  /**
   * Starts when the server listens. Its `close` then drains, and its callback is called when the last run has ended and the
   * store is closed.
   */
  attach<S extends Server>(server: S): S
  /** Drains, and closes the mount. */
  close(): Promise<void>
}

/** How a {@link ServerLife} begins. */
export interface ServerLifeOptions {
  /**
   * `auto`: when the attached server listens; without one when any server of this process listens, or at the first request.
   * `manual`: when the user says so.
   */
  readonly start: 'auto' | 'manual'
  /** Is told why calls cannot be run. Default: a warning of the process. */
  readonly logger?: Logger | undefined
}

/** How soon it is seen that a server listens, and how soon a start that failed is tried again. Milliseconds. */
const LOOK_AGAIN_MS = 500

/**
 * Makes a {@link ServerLife}.
 *
 * Rules.
 *  O1 To make it starts nothing: a script that imports the application must not run the calls that were left.
 *  O2 Calls that were left are run once the application listens, without any request.
 *  O3 A start that fails, because the process before has the store still, is tried again until it works.
 *
 * @throws {TypeError} When `start` is something else.
 */
export function createServerLife(mount: Mount, { start, logger }: ServerLifeOptions): ServerLife {
  if (start !== 'auto' && start !== 'manual') {
    throw new TypeError(`option start: wanted 'auto' or 'manual', got ${JSON.stringify(start)}`)
  }
  let isListening = isAnyServerListening
  let isStarted = start === 'manual'
  let lastReport: string | undefined

  const report = (error: unknown) => {
    const message = `calls are not run: ${error instanceof Error ? error.message : String(error)}`
    if (message === lastReport) return
    lastReport = message
    if (logger === undefined) process.emitWarning(message, { code: 'DISPATCH_NOT_STARTED' })
    else logger.error({ err: error }, message)
  }
  const life: ServerLife = {
    start() {
      if (isStarted) return
      isStarted = true
      mount.dispatch.start().then(
        () => clearInterval(timer),
        (error: unknown) => {
          isStarted = mount.dispatch.isStopping
          report(error)
        },
      )
    },
    attach(server) {
      isListening = () => server.listening
      server.once('listening', life.start)
      if (server.listening) life.start()
      closeWith(server, mount, life)
      return server
    },
    async close() {
      clearInterval(timer)
      isStarted = true
      await mount.close()
    },
  }
  const timer =
    start === 'auto' ? setInterval(() => isListening() && life.start(), LOOK_AGAIN_MS).unref() : undefined
  return life
}

/** Where a runtime cannot say, one is taken to listen. */
function isAnyServerListening(): boolean {
  return process.getActiveResourcesInfo?.().includes('TCPServerWrap') ?? true
}

/** Makes `server.close` close everything with it: the store last, since requests that go on may dispatch. */
function closeWith(server: Server, mount: Mount, life: ServerLife): void {
  const close = server.close.bind(server)
  server.close = (callback) => {
    // Its failure is that of `life.close`.
    mount.stop().catch(() => undefined)
    return close((error) => {
      life.close().then(
        () => callback?.(error),
        (failure: Error) => callback?.(error ?? failure),
      )
    })
  }
}
