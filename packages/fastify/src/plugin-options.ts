import type { MountOptions, OptionNames } from '@dispatch/core/adapter'
import type { RegisterOptions } from 'fastify'

/** Options of `dispatchPlugin`: those of `new Dispatch`, and these. */
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

export const PLUGIN_OPTIONS = {
  prefix: ['basePath', 'path'],
  start: ['autoStart'],
  decorateAs: ['decorators'],
  // Options of app.register for every plugin.
  logLevel: [],
  logSerializers: [],
} as const satisfies OptionNames<Omit<DispatchPluginOptions & RegisterOptions, keyof MountOptions>>

export const DECORATOR_OPTIONS = {
  dispatch: [],
  dispatched: [],
} as const satisfies OptionNames<NonNullable<DispatchPluginOptions['decorateAs']>>
