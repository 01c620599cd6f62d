import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')

interface Manifest {
  readonly publishConfig: unknown
  readonly files: readonly string[]
}

t.test('the published entry points of a manifest are derived from its exports', async (t) => {
  const { publishConfigOf } = (await import(
    pathToFileURL(join(ROOT, 'scripts/bundle/manifest.mjs')).href
  )) as {
    publishConfigOf: (manifest: Manifest) => unknown
  }
  const packages = readdirSync(join(ROOT, 'packages'))
  t.plan(packages.length * 2)
  for (const name of packages) {
    const manifest = JSON.parse(
      readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'),
    ) as Manifest
    const fix = `run in packages/${name}: node ../../scripts/bundle/manifest.mjs`
    t.strictSame(manifest.publishConfig, publishConfigOf(manifest), fix)
    t.strictSame(manifest.files, ['bundle'], `${name} publishes its builds and nothing else`)
  }
})
