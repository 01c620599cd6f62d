import { setImmediate } from '@dispatch/protocol/time'

/** Resolves one turn of the event loop later. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
