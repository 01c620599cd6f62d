/** Most bytes of a request or response body, before and after decompression. As in the original Python SDK. */
export const BODY_BYTES_MAX = 16_000_000

/** Most results a plain Poll may ask for at once, and most calls we put into one. `buf.validate` of the original. */
export const POLL_RESULTS_MAX = 1000

/** Longest suspension we ask a plain scheduler for: the default of the original Go SDK. Milliseconds. */
export const POLL_WAIT_MS_DEFAULT = 300_000

/** Shortest `max_wait` of a Poll that the original accepts. Milliseconds. */
export const POLL_WAIT_MS_MIN = 1_000

/** What a function may be called: `Call.function` of the original. The `<>.` are there for Python's qualified names. */
export const FUNCTION_NAME_PATTERN = /^[a-zA-Z_][a-zA-Z0-9_<>.]*$/

/** Longest function name and dispatch id, in UTF-16 units. */
export const NAME_LENGTH_MAX = 512

/** Maximum nesting depth of a value, arrays and objects together. Anything deeper is hostile or a mistake. */
export const VALUE_DEPTH_MAX = 100

/** Maximum number of submitted but unacknowledged calls, on either side: what one scheduler records in two seconds. */
export const UNACKNOWLEDGED_CALLS_MAX = 100_000

/**
 * Most bytes of such calls. Each is there up to three times on its way to the disk: as it came, encoded, and in the commit.
 */
export const UNACKNOWLEDGED_BYTES_MAX = 64_000_000
