export { dispatchPlugin } from './dispatch-plugin.js'
export type { DispatchPluginOptions } from './plugin-options.js'
