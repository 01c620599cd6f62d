import type { Server } from 'node:net'
import type { Logger } from '@dispatch/protocol'
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
}

/** How a {@link ServerLife} begins. */
export interface ServerLifeOptions {
  /**
   * `auto`: when the attached server listens; without one on the next turn of the event loop, which is when an application
   * that calls `listen` begins. `manual`: when the user says so.
   */
  readonly start: 'auto' | 'manual'
  /** Is told why calls cannot be run. Default: a warning of the process. */
  readonly logger?: Logger | undefined
}

/** Makes a {@link ServerLife}. */
export function createServerLife(mount: Mount, { start, logger }: ServerLifeOptions): ServerLife {
  if (start !== 'auto' && start !== 'manual') {
    throw new TypeError(`option start: wanted 'auto' or 'manual', got ${JSON.stringify(start)}`)
  }
  let isStarted = false
  let lastReport: string | undefined
  let isServerKnown = false

  const report = (error: unknown) => {
    const message = `calls are not run: ${error instanceof Error ? error.message : String(error)}`
    if (message === lastReport) return
    lastReport = message
    if (logger === undefined) process.emitWarning(message, { code: 'DISPATCH_NOT_STARTED' })
    else logger.error({ err: error }, message)
  }
  const life: ServerLife = {
    start() {
      if (isStarted || start === 'manual') return
      isStarted = true
      mount.dispatch.start().catch((error: unknown) => {
        isStarted = false
        report(error)
      })
    },
    attach(server) {
      isServerKnown = true
      if (server.listening) life.start()
      else server.once('listening', life.start)
      closeWith(server, mount)
      return server
    },
  }
  // A process that does nothing else ends without it.
  if (start === 'auto') setImmediate(() => isServerKnown || life.start()).unref()
  return life
}

/** Makes `server.close` close the mount with it. */
function closeWith(server: Server, mount: Mount): void {
  const close = server.close.bind(server)
  server.close = (callback) => {
    const stopped = mount.stop()
    return close((error) => {
      void stopped
        .then(() => mount.close())
        .then(
          () => callback?.(error),
          (failure: Error) => callback?.(error ?? failure),
        )
    })
  }
}
