/** Unanswered requests for runs; each has up to a hundred runs. */
export const RUN_REQUESTS_MAX = 20_000

/** Bytes of their bodies: as much as a scheduler sends concurrently for four functions. */
export const RUN_REQUEST_BYTES_MAX = 256_000_000

/** Time for a body to arrive: 16 MB at 4 Mbit/s. */
export const BODY_MS_MAX = 30_000
