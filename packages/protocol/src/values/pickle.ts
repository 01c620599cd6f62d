import { PickledObject } from './pickled-object.js'
export function decodePickle(pickle: Uint8Array): unknown {
  return new PickledObject(pickle.slice())
}
