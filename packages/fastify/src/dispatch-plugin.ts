import type { Dispatch } from '@dispatch/core'
import type { DispatchCall, Dispatched, MountOptions, OptionNames } from '@dispatch/core/adapter'
import { checkChoice, checkMountOptions, checkOptions, mountDispatch } from '@dispatch/core/adapter'
import type { FastifyInstance, FastifyReply, RegisterOptions } from 'fastify'
import fp from 'fastify-plugin'
import { dispatchRoutes, send } from './dispatch-routes.js'

/** Options of {@link dispatchPlugin}: those of `new Dispatch`, and these. */
export interface DispatchPluginOptions extends MountOptions {
  /** Prefix of the routes, below the prefix of the scope. Default: none. */
  readonly prefix?: string
  /**
   * When an embedded scheduler begins to run calls. `listen`: when the application listens. `ready`: when it is ready, for
   * applications that never listen. `manual`: at `app.dispatch.instance.start()`. Default `listen`.
   */
  readonly start?: 'listen' | 'ready' | 'manual' | undefined
  /** Other names for the decorators, for a second plugin in one scope. Default: `dispatch` and `dispatched`. */
  readonly decorateAs?: { readonly dispatch?: string; readonly dispatched?: string } | undefined
}

const PLUGIN_OPTIONS = {
  prefix: ['basePath', 'path'],
  start: ['autoStart'],
  decorateAs: ['decorators'],
  // Options of app.register for every plugin.
  logLevel: [],
  logSerializers: [],
} as const satisfies OptionNames<Omit<DispatchPluginOptions & RegisterOptions, keyof MountOptions>>

const DECORATOR_OPTIONS = {
  dispatch: [],
  dispatched: [],
} as const satisfies OptionNames<NonNullable<DispatchPluginOptions['decorateAs']>>

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
