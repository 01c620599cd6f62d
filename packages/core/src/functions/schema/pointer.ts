import { formatPathKey } from '@dispatch/protocol/text'

/** The keys of a JSON pointer: `/items/0/a~1b` as `items`, `0`, `a/b`. */
export function pointerKeys(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** `/items/0/a~1b` as `.items[0]["a/b"]`. */
export function formatPointer(pointer: string): string {
  return pointerKeys(pointer).map(formatPathKey).join('')
}

/** The part of a value that a pointer names, or `undefined`. */
export function valueAt(value: unknown, pointer: string): unknown {
  return pointerKeys(pointer).reduce<unknown>(
    (inner, key) => (inner as Record<string, unknown> | null | undefined)?.[key],
    value,
  )
}
