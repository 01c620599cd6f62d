import { findPostgres, startPostgres } from './postgres.mjs'
import { findRedis, startRedis } from './redis.mjs'

/** The servers that contenders need: found once, when first asked for, and started for each turn. */
export function createServers() {
  const found = { redis: once(findRedis), postgres: once(findPostgres) }
  const asked = new Set()
  return {
    /**
     * Why there is none; `undefined` when there is.
     *
     * @param {'redis' | 'postgres' | undefined} name
     * @returns {string | undefined}
     */
    refusalOf(name) {
      if (name === undefined) return undefined
      try {
        found[name]()
        asked.add(name)
        return undefined
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    },
    /**
     * @param {'redis' | 'postgres' | undefined} name
     * @param {any} setting
     * @param {string} folder - Empty, of the turn.
     */
    async start(name, setting, folder) {
      if (name === 'redis') return await startRedis(found.redis(), folder, setting)
      if (name === 'postgres') return await startPostgres(found.postgres(), folder)
      return undefined
    },
    versions: () => [...asked].map((name) => found[name]().version),
  }
}

/**
 * @template T
 * @param {() => T} find
 */
function once(find) {
  /** @type {{ value: T } | undefined} */
  let found
  return () => {
    found ??= { value: find() }
    return found.value
  }
}
