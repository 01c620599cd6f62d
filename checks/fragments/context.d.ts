// Names that fragments in the documentation use and do not declare.

import type * as core from '@dispatch/core'
import type * as scheduler from '@dispatch/scheduler'
import type { FastifyReply, FastifyRequest } from 'fastify'

declare global {
  const Dispatch: typeof core.Dispatch
  const DispatchError: typeof core.DispatchError
  const func: typeof core.func
  const createEmbeddedScheduler: typeof scheduler.createEmbeddedScheduler
  const functions: readonly core.AnyDispatchFunction[]
  const order: { readonly id: string; readonly cents: number }
  const charge: core.DispatchFunction<typeof order, { readonly receipt: string }>
  const request: FastifyRequest
  const reply: FastifyReply
}
