/** Whether a schema of TypeBox has a default anywhere. Without one, values need not be copied to be completed. */
export function hasDefaults(schema: unknown, seen = new Set<object>()): boolean {
  if (typeof schema !== 'object' || schema === null || seen.has(schema)) return false
  seen.add(schema)
  return 'default' in schema || Object.values(schema).some((part) => hasDefaults(part, seen))
}
