import { type Database, loadDriver } from '../../../dist/store/sqlite/driver/driver.js'

/**
 * Opens a file past the store, with the library that the store uses. With another one it would have to be another
 * process: two copies of SQLite in one process release each other's locks.
 */
export const openSqlite: (path: string) => Database = (await loadDriver()).open
