import type { Scheduler } from '@dispatch/protocol'
import type { EndpointFilter } from '../transport/allowed-endpoints.js'

/** Context of a method call. */
export interface MethodContext {
  /** The scheduler as visible to the sender's tenant. */
  readonly scheduler: Scheduler
  readonly isAllowed: EndpointFilter
  /** Aborts when the sender disconnects and when the server is about to close. */
  readonly signal: AbortSignal
  readonly options: MethodOptions
  /** Reserves bytes of a streamed response until it has been read; `false` when they do not fit. */
  readonly hold: (bytes: number) => boolean
}

/** Options of all methods. */
export interface MethodOptions {
  /** Maximum size of a request in bytes, before and after decompression. */
  readonly bodyBytesMax: number
  /** Called with thrown values that are not our errors. */
  readonly onInternalError: (error: unknown) => void
}
