/** What is to be told when a signal of a user's aborts: of many who wait with it, one listener each would be many. */
const followersBySignal = new WeakMap<AbortSignal, Followers>()

interface Followers {
  readonly aborts: Set<() => void>
  readonly listener: () => void
}

/** A signal of our own that aborts with another one, until `end`. */
export interface FollowedSignal {
  readonly signal: AbortSignal | undefined
  end(): void
}

/**
 * Follows a signal of a user's. However many do so at one time, it has one listener of ours: beyond ten Node.js warns of
 * a leak. No signal, nothing to follow.
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
      signal.removeEventListener('abort', followers.listener)
    },
  }
}

const NOTHING: FollowedSignal = Object.freeze({ signal: undefined, end: () => undefined })

function followersOf(signal: AbortSignal): Followers {
  const known = followersBySignal.get(signal)
  if (known !== undefined) return known
  const aborts = new Set<() => void>()
  const listener = () => {
    for (const abort of aborts) abort()
  }
  const followers = { aborts, listener }
  followersBySignal.set(signal, followers)
  signal.addEventListener('abort', listener)
  return followers
}
