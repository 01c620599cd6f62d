/**
 * Whether `text` has no lone surrogates, so that UTF-8 carries it unchanged. A few nanoseconds.
 * Every supported Node.js has the method; TypeScript declares it from ES2024 on.
 */
export function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed()
}
