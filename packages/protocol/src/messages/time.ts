import type { Timestamp, WireDuration } from './gen/google-protobuf.js'

/** @param ms - Epoch milliseconds, perhaps with a fraction. */
export function timestampFromMs(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000)
  const nanos = Math.min(Math.round((ms - seconds * 1000) * 1e6), 999_999_999)
  return { $typeName: 'google.protobuf.Timestamp', seconds: BigInt(seconds), nanos }
}

/** Epoch milliseconds, rounded to a whole one. */
export function timestampMs({ seconds, nanos }: Timestamp): number {
  return Number(seconds) * 1000 + Math.round(nanos / 1e6)
}

/** @param ms - Milliseconds, perhaps with a fraction. */
export function durationFromMs(ms: number): WireDuration {
  const seconds = Math.trunc(ms / 1000)
  const nanos = Math.round((ms - seconds * 1000) * 1e6) + 0
  return { $typeName: 'google.protobuf.Duration', seconds: BigInt(seconds), nanos }
}

/** Milliseconds, rounded to a whole one. */
export function durationMs({ seconds, nanos }: WireDuration): number {
  return Number(seconds) * 1000 + Math.round(nanos / 1e6)
}
