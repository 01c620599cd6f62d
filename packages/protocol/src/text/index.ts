// Checks and descriptions of values that programmers pass.

export { checkInteger } from './check-integer.js'
export { checkOptions, type OptionNames } from './check-options.js'
export { checkStorePath } from './check-store-path.js'
export { describeValue, formatPathKey } from './describe-value.js'
export { parseDate, parseDuration } from './duration.js'
export { isAggregateError, isError, messageOfError } from './is-error.js'
