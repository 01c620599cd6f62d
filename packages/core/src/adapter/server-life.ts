import type { Server } from 'node:net'
import type { Logger } from '@dispatch/protocol'
import { messageOfError } from '@dispatch/protocol/text'
import { clearInterval, setInterval } from '@dispatch/protocol/time'
import { checkChoice } from '../checks/option-checks.js'
import type { Mount } from './mount.js'

/** Start and shutdown of a {@link Mount} in an application whose framework has no hooks for them, such as Express. */
export interface ServerLife {
  /** Starts running calls, in the background; once, and again after a failure. Call it for every request. */
  start(): void
  /**
   * Starts when the server listens. Its `close` then drains, and calls its callback when the last run has ended and the
   * store is closed.
   */
  attach<S extends Server>(server: S): S
  /** Drains, and closes the mount. */
  close(): Promise<void>
}

/** Options of {@link createServerLife}. */
export interface ServerLifeOptions {
  /**
   * `auto`: starts when the attached server listens; without one, when any server of this process listens or at the first
   * request. `manual`: the application calls `dispatch.start()`.
   */
  readonly start: 'auto' | 'manual'
  /** Receives the errors of failed starts. Default: a warning of the process. */
  readonly logger?: Logger | undefined
}

/** Interval of the checks whether a server listens, and of new starts after a failed one. Milliseconds. */
const START_CHECK_INTERVAL_MS = 500

/**
 * Makes a {@link ServerLife}.
 *
 * Rules.
 *  O1 Creating it starts nothing: a script that only imports the application must not run stored calls.
 *  O2 Stored calls are run once the application listens, even without a request.
 *  O3 A failed start, such as while the previous process still has the store open, is repeated until it succeeds.
 *
 * @throws {TypeError} When `start` has another value.
 */
export function createServerLife(mount: Mount, { start, logger }: ServerLifeOptions): ServerLife {
  checkChoice(start, 'option start', ['auto', 'manual'])
  let isListening = isAnyServerListening
  let isStarted = start === 'manual'
  let lastReport: string | undefined

  const report = (error: unknown) => {
    const message = `calls cannot be run: ${messageOfError(error)}`
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
    start === 'auto'
      ? setInterval(() => isListening() && life.start(), START_CHECK_INTERVAL_MS).unref()
      : undefined
  return life
}

/** Assumes that one listens where the runtime does not expose it. */
function isAnyServerListening(): boolean {
  return process.getActiveResourcesInfo?.().includes('TCPServerWrap') ?? true
}

/** Makes `server.close` close the mount, too: the store last, since requests in progress may dispatch. */
function closeWith(server: Server, mount: Mount, life: ServerLife): void {
  const close = server.close.bind(server)
  server.close = (callback) => {
    // `life.close` rejects with the same error.
    mount.stop().catch(() => undefined)
    return close((error) => {
      life.close().then(
        () => callback?.(error),
        (failure: Error) => callback?.(error ?? failure),
      )
    })
  }
}
