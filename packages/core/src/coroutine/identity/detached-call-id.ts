/**
 * Dispatch id of a call that a handler dispatches without waiting for it (C1): a repeated run gives the same id. The
 * function is part of it, because another attempt may dispatch something else at this step.
 */
export function detachedCallIdOf(
  parent: { readonly dispatchId: string; readonly restarts: number },
  step: number,
  name: string,
): string {
  const restarts = parent.restarts > 0 ? `${parent.restarts}.` : ''
  return `${parent.dispatchId}/d${restarts}${step}-${name}`
}
