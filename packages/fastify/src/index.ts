export { type DispatchPluginOptions, dispatchPlugin } from './dispatch-plugin.js'
