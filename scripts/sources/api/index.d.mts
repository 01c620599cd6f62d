/**
 * The text of docs/reference/api.md, from the types of the packages, which have to be built.
 *
 * @throws {Error} When an exported name has no place in it, or an option says no default.
 */
export function generateApi(root: string): string
