import { linkAbort } from '@dispatch/protocol'

/** The waits that follow a signal of the user, which has one listener for all of them. */
const followersBySignal = new WeakMap<AbortSignal, Followers>()

interface Followers {
  readonly aborts: Set<() => void>
  readonly unlink: () => void
}

/** A signal that aborts with another one, until `end` is called. */
export interface FollowedSignal {
  readonly signal: AbortSignal | undefined
  end(): void
}

/**
 * Follows a signal of the user. It gets one listener, however many waits follow it concurrently: Node.js warns of a leak
 * from the eleventh on. Without a signal there is nothing to follow.
 */
export function followSignal(signal: AbortSignal | undefined): FollowedSignal {
  if (signal === undefined) return NOTHING
  const own = new AbortController()
  const abort = () => own.abort(signal.reason)
  if (signal.aborted) abort()
  const followers = followersOf(signal)
  followers.aborts.add(abort)
  return {
    signal: own.signal,
    end() {
      followers.aborts.delete(abort)
      if (followers.aborts.size > 0 || followersBySignal.get(signal) !== followers) return
      followersBySignal.delete(signal)
      followers.unlink()
    },
  }
}

const NOTHING: FollowedSignal = Object.freeze({ signal: undefined, end: () => undefined })

function followersOf(signal: AbortSignal): Followers {
  const existing = followersBySignal.get(signal)
  if (existing !== undefined) return existing
  const aborts = new Set<() => void>()
  const unlink = linkAbort(signal, () => {
    for (const abort of aborts) abort()
  })
  const followers = { aborts, unlink }
  followersBySignal.set(signal, followers)
  return followers
}
