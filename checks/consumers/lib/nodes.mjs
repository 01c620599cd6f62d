import { run } from './run.mjs'

/** The releases of Node.js that every package supports. */
export const NODES = ['20', '22', '24']

const paths = new Map()

/** The path of that release's executable: of this process if it is one, else from the registry. */
export function nodeOf(major) {
  if (process.versions.node.startsWith(`${major}.`)) return Promise.resolve(process.execPath)
  if (!paths.has(major)) {
    const args = ['--yes', '--package', `node@${major}`, '--', 'node', '--print', 'process.execPath']
    paths.set(
      major,
      run('npx', args).then((path) => path.trim()),
    )
  }
  return paths.get(major)
}

/** Runs a program with that release of Node.js. */
export async function runNode(major, args, options) {
  return run(await nodeOf(major), args, options)
}
