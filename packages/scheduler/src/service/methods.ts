import { DispatchError } from '@dispatch/protocol'
import {
  type StreamedResponse,
  serveStream,
  serveUnary,
  type UnaryRequest,
  type UnaryResponse,
} from '@dispatch/protocol/connect'
import {
  CANCEL_PATH,
  type Call,
  CallState,
  CancelRequestSchema,
  CancelResponseSchema,
  create,
  DISPATCH_PATH,
  DispatchRequestSchema,
  DispatchResponseSchema,
  GET_PATH,
  GetRequestSchema,
  GetResponseSchema,
  WAIT_BATCH_PATH,
  WAIT_PATH,
  WaitRequestSchema,
  WaitResponseSchema,
} from '@dispatch/protocol/messages'
import type { EndpointFilter } from '../transport/allowed-endpoints.js'
import type { MethodContext } from './method-context.js'
import { requireCall, serveWaitBatch, waitMsOf } from './wait-batch.js'

export type Method = (
  request: UnaryRequest,
  context: MethodContext,
) => Promise<UnaryResponse | StreamedResponse>

/** The methods of a scheduler by path. */
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
    GET_PATH,
    (request, { scheduler, options }) =>
      serveUnary(
        request,
        GetRequestSchema,
        GetResponseSchema,
        async ({ dispatchId }) =>
          create(GetResponseSchema, { call: requireCall(dispatchId, await scheduler.get(dispatchId)) }),
        options,
      ),
  ],
  [
    WAIT_PATH,
    (request, { scheduler, signal, options }) =>
      serveUnary(
        request,
        WaitRequestSchema,
        WaitResponseSchema,
        async ({ dispatchId, timeout }) => {
          const call = await scheduler.wait(dispatchId, waitMsOf(timeout), signal)
          return create(WaitResponseSchema, { call: requireCall(dispatchId, call) })
        },
        options,
      ),
  ],
  [
    WAIT_BATCH_PATH,
    async ({ body }, context) =>
      serveStream(body, (bytes) => serveWaitBatch(bytes, context), context.options),
  ],
  [
    CANCEL_PATH,
    (request, { scheduler, options }) =>
      serveUnary(
        request,
        CancelRequestSchema,
        CancelResponseSchema,
        async ({ dispatchId }) => {
          const before = requireCall(dispatchId, await scheduler.get(dispatchId))
          const call = requireCall(dispatchId, await scheduler.cancel(dispatchId))
          return create(CancelResponseSchema, { canceled: before.state !== CallState.DONE, call })
        },
        options,
      ),
  ],
])

/** A malformed endpoint is left to the scheduler, whose message is more precise. */
function assertAllowed(calls: readonly Call[], isAllowed: EndpointFilter): void {
  for (const [index, { endpoint }] of calls.entries()) {
    if (!/^https?:/.test(endpoint) || !URL.canParse(endpoint) || isAllowed(new URL(endpoint))) continue
    throw new DispatchError(
      'permission_denied',
      `calls[${index}].endpoint: ${JSON.stringify(endpoint)} is not among the endpoints this scheduler may call (its option allowedEndpoints)`,
    )
  }
}
