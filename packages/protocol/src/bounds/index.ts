// Limits, and what keeps them.

export { Capacity, type CapacityLimits, type Reservation } from './capacity.js'
export {
  BODY_BYTES_MAX,
  FUNCTION_NAME_PATTERN,
  NAME_LENGTH_MAX,
  POLL_RESULTS_MAX,
  POLL_WAIT_MS_DEFAULT,
  POLL_WAIT_MS_MIN,
  UNACKNOWLEDGED_BYTES_MAX,
  UNACKNOWLEDGED_CALLS_MAX,
  VALUE_DEPTH_MAX,
} from './limits.js'
export { Rate } from './rate.js'
