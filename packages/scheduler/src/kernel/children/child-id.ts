/**
 * The id of a child: the id of its parent and the position among its children, and the restarts of the parent when there were
 * any. So a child that is made again after a crash has the same id, and one that is made after a restart has another.
 */
export function childIdOf(parentId: string, parentRestarts: number, ordinal: number): string {
  return parentRestarts === 0 ? `${parentId}/${ordinal}` : `${parentId}/${parentRestarts}.${ordinal}`
}
