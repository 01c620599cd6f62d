import { create } from '@bufbuild/protobuf'
import type { Duration } from '@bufbuild/protobuf/wkt'
import {
  type Call,
  type CallInfo,
  CallState,
  CancelRequestSchema,
  CancelResponseSchema,
  DispatchError,
  DispatchRequestSchema,
  DispatchResponseSchema,
  GetRequestSchema,
  GetResponseSchema,
  type Scheduler,
  type ServeUnaryOptions,
  serveUnary,
  UnaryError,
  type UnaryRequest,
  type UnaryResponse,
  WaitRequestSchema,
  WaitResponseSchema,
} from '@dispatch/protocol'
import type { EndpointFilter } from '../allowed-endpoints.js'
import { millisecondsOf } from '../validate-calls.js'

/** What a method works with, beside its request. */
export interface MethodContext {
  /** As the sender's tenant sees it. */
  readonly scheduler: Scheduler
  readonly isAllowed: EndpointFilter
  /** Aborts when the sender has hung up, and when the server is about to close. */
  readonly signal: AbortSignal
  readonly options: Pick<ServeUnaryOptions<typeof DispatchResponseSchema>, 'bodyBytesMax' | 'onInternalError'>
}

export type Method = (request: UnaryRequest, context: MethodContext) => Promise<UnaryResponse>

/** Longest time for which Wait keeps a request open: proxies cut connections that are silent for a minute. */
const WAIT_MS_MAX = 55_000

export const DISPATCH_PATH = '/dispatch.sdk.v1.DispatchService/Dispatch'

/** What a scheduler serves, by path. */
export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    DISPATCH_PATH,
    (request, { scheduler, isAllowed, options }) =>
      serveUnary(
        request,
        DispatchRequestSchema,
        DispatchResponseSchema,
        async ({ calls }) => {
          assertAllowed(calls, isAllowed)
          return create(DispatchResponseSchema, { dispatchIds: await scheduler.dispatch(calls) })
        },
        options,
      ),
  ],
  [
    '/dispatch.api.v1.CallService/Get',
    (request, { scheduler, options }) =>
      serveUnary(
        request,
        GetRequestSchema,
        GetResponseSchema,
        async ({ dispatchId }) =>
          create(GetResponseSchema, { call: found(dispatchId, await scheduler.get(dispatchId)) }),
        options,
      ),
  ],
  [
    '/dispatch.api.v1.CallService/Wait',
    (request, { scheduler, signal, options }) =>
      serveUnary(
        request,
        WaitRequestSchema,
        WaitResponseSchema,
        async ({ dispatchId, timeout }) => {
          const call = await scheduler.wait(dispatchId, waitMsOf(timeout), signal)
          return create(WaitResponseSchema, { call: found(dispatchId, call) })
        },
        options,
      ),
  ],
  [
    '/dispatch.api.v1.CallService/Cancel',
    (request, { scheduler, options }) =>
      serveUnary(
        request,
        CancelRequestSchema,
        CancelResponseSchema,
        async ({ dispatchId }) => {
          const before = found(dispatchId, await scheduler.get(dispatchId))
          const call = found(dispatchId, await scheduler.cancel(dispatchId))
          return create(CancelResponseSchema, { canceled: before.state !== CallState.DONE, call })
        },
        options,
      ),
  ],
])

/** An endpoint that is malformed is left to the scheduler, which says so better. */
function assertAllowed(calls: readonly Call[], isAllowed: EndpointFilter): void {
  for (const [index, { endpoint }] of calls.entries()) {
    if (!/^https?:/.test(endpoint) || !URL.canParse(endpoint) || isAllowed(new URL(endpoint))) continue
    throw new DispatchError(
      'permission_denied',
      `calls[${index}].endpoint: ${JSON.stringify(endpoint)} is not among the endpoints this scheduler may call (its option allowedEndpoints)`,
    )
  }
}

function found(dispatchId: string, call: CallInfo | undefined): CallInfo {
  if (call === undefined) {
    throw new UnaryError('not_found', `call ${JSON.stringify(dispatchId)} does not exist, or no longer`)
  }
  return call
}

function waitMsOf(timeout: Duration | undefined): number {
  return Math.min(Math.max(0, millisecondsOf(timeout)), WAIT_MS_MAX)
}
