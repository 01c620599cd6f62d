import { describeValue } from './describe-value.js'

/**
 * The path of a store's file, or `:memory:`.
 *
 * @param place - As messages name it, such as `option store`.
 * @throws {TypeError} When it is a URL, which names a store that does not exist.
 */
export function checkStorePath(path: string, place: string): string {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) return path
  throw new TypeError(
    `${place}: expected the path of a file, or :memory:, got ${describeValue(path)}; there is only the SQLite store`,
  )
}
