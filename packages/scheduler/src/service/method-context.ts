import type { Scheduler } from '@dispatch/protocol'
import type { EndpointFilter } from '../transport/allowed-endpoints.js'

/** What a method works with, beside its request. */
export interface MethodContext {
  /** As the sender's tenant sees it. */
  readonly scheduler: Scheduler
  readonly isAllowed: EndpointFilter
  /** Aborts when the sender has hung up, and when the server is about to close. */
  readonly signal: AbortSignal
  readonly options: MethodOptions
  /** Counts bytes of a streamed answer until that has been read; `false` when there is no room for them. */
  readonly hold: (bytes: number) => boolean
}

/** What all methods are served with. */
export interface MethodOptions {
  /** Most bytes of a request, before and after decompression. */
  readonly bodyBytesMax: number
  /** Is told what was thrown that is none of our errors. */
  readonly onInternalError: (error: unknown) => void
}
