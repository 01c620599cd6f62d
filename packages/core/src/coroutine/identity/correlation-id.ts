/** Correlation id of a step's call: the generation in the upper 32 bits, the step in the lower (conformance case X22). */
export function correlationIdOf(generation: number, step: number): bigint {
  return (BigInt(generation) << 32n) | BigInt(step)
}

/** The step that a correlation id names; `undefined` when it belongs to another generation. */
export function stepOfCorrelationId(generation: number, correlationId: bigint): number | undefined {
  if (Number(correlationId >> 32n) !== generation) return undefined
  return Number(correlationId & 0xffff_ffffn)
}
