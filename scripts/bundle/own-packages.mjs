import { readFileSync } from 'node:fs'
import { ALL, entriesOf } from './manifest.mjs'

/**
 * Packages of this workspace import each other as one module, whichever entry points their sources name: each further file
 * takes 1 to 2 ms to load.
 */
export const ownPackages = {
  name: 'own-packages',
  setup({ onResolve }) {
    onResolve({ filter: /^@dispatch\// }, ({ path }) => {
      const [scope, folder] = path.split('/')
      const manifest = new URL(`../../packages/${folder}/package.json`, import.meta.url)
      const isOneModule = entriesOf(JSON.parse(readFileSync(manifest, 'utf8'))).length === 1
      return { path: isOneModule ? path : `${scope}/${folder}/${ALL}`, external: true }
    })
  },
}
