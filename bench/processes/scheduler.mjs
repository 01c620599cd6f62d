import { serveScheduler } from '@dispatch/scheduler'
import { serveParent } from '../lib/work/child.mjs'

// A stand-alone scheduler.

/** @type {import('@dispatch/scheduler').ServedScheduler} */
let served

serveParent({
  async open(options) {
    served = await serveScheduler({ port: 0, ...options })
    return served.url
  },
  rss: () => process.memoryUsage().rss,
  close: () => served.close(0),
})
