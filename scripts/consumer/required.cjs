// The packages are ES modules; require() gives the same instances.
const { DispatchError, func } = require('@dispatch/core')
const { DispatchError: OfProtocol } = require('@dispatch/protocol')
const { dispatchPlugin } = require('@dispatch/fastify')
const { dispatchMiddleware } = require('@dispatch/express')
const { createScheduler } = require('@dispatch/scheduler')

for (const [name, value] of Object.entries({ func, dispatchPlugin, dispatchMiddleware, createScheduler })) {
  if (typeof value !== 'function') throw new Error(`require(): ${name} is ${typeof value}`)
}
if (DispatchError !== OfProtocol) throw new Error('require(): two copies of DispatchError')
