import type { Dispatch } from '@dispatch/core'
import type { DispatchCall, Dispatched } from '@dispatch/core/adapter'
import { checkChoice, checkMountOptions, checkOptions, mountDispatch } from '@dispatch/core/adapter'
import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { dispatchRoutes, send } from './dispatch-routes.js'
import { DECORATOR_OPTIONS, type DispatchPluginOptions, PLUGIN_OPTIONS } from './plugin-options.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Dispatches a call and resolves, once it is recorded, with its handle. */
    dispatch: DispatchCall & { readonly instance: Dispatch }
  }
  interface FastifyRequest {
    /** Dispatches a call and resolves, once it is recorded, with its handle. */
    dispatch: DispatchCall
  }
  interface FastifyReply {
    /** Responds with 202 and the `location` of the call; with `?wait=5s`, waits up to 5 s and responds with 200 and the result. */
    dispatched: Dispatched
  }
  interface FastifyContextConfig {
    /** Set on the route on which schedulers run functions. It verifies signatures, so hooks for users may skip it. */
    dispatch?: boolean
  }
}

/**
 * Makes functions durable in a Fastify application: `app.dispatch`, `request.dispatch`, `reply.dispatched`, and the route on
 * which schedulers run them. The bodies of the application's own routes are parsed as before.
 */
export const dispatchPlugin = fp<DispatchPluginOptions>(plugin, { name: '@dispatch/fastify', fastify: '5.x' })

async function plugin(app: FastifyInstance, options: DispatchPluginOptions): Promise<void> {
  const mountOptions = checkMountOptions(options, 'dispatchPlugin(options)', PLUGIN_OPTIONS)
  const { prefix = '', start = 'listen', decorateAs } = options
  checkOptions(decorateAs, 'option decorateAs', DECORATOR_OPTIONS)
  const { dispatch, dispatched } = { dispatch: 'dispatch', dispatched: 'dispatched', ...decorateAs }
  checkUnused(app, dispatch, dispatched)
  checkChoice(start, 'option start', ['listen', 'ready', 'manual'])
  const mount = mountDispatch({ logger: app.log, ...mountOptions })
  app.decorate(dispatch, Object.assign(mount.dispatchCall.bind(null), { instance: mount.dispatch }))
  app.decorateRequest(dispatch, mount.dispatchCall)
  app.decorateReply(dispatched, async function (this: FastifyReply, handle: Parameters<Dispatched>[0]) {
    const exchange = mount.exchange(this.request.raw, this.raw)
    await send(this, await exchange.dispatchedReply(handle, app.prefix + prefix))
  })
  app.addHook('onRequest', (request, reply, done) => {
    mount.exchange(request.raw, reply.raw)
    done()
  })
  app.addHook('onReady', () => mount.dispatch.open())
  if (start === 'ready') app.addHook('onReady', () => mount.dispatch.start())
  if (start === 'listen') app.addHook('onListen', () => mount.dispatch.start())
  app.addHook('preClose', () => mount.stop())
  app.addHook('onClose', () => mount.close())
  // In a scope of its own, so that the parsers are, too.
  await app.register(dispatchRoutes, { prefix, mount })
}

function checkUnused(app: FastifyInstance, dispatch: string, dispatched: string): void {
  if (!app.hasDecorator(dispatch) && !app.hasRequestDecorator(dispatch) && !app.hasReplyDecorator(dispatched))
    return
  throw new TypeError(
    `dispatchPlugin: app.${dispatch} or reply.${dispatched} exists already. Register the plugin once in a scope; ` +
      'a second one there needs other names, in option decorateAs, and another prefix',
  )
}
