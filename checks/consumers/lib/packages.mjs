import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.mjs'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
export const APPS = fileURLToPath(new URL('../apps', import.meta.url))

const rootManifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

/** The package manager of the workspace, with its version. */
export const PNPM = rootManifest.packageManager

/** Versions that the workspace itself uses. */
export const OWN_VERSIONS = rootManifest.devDependencies

/** Packs every package as it would be published; the paths of the tarballs by name. */
export async function packAll(folder) {
  await run('npx', ['--yes', PNPM, '--filter', './packages/*', 'pack', '--pack-destination', folder], {
    cwd: ROOT,
  })
  return Object.fromEntries(
    readdirSync(join(ROOT, 'packages')).map((name) => {
      const manifest = JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'))
      const file = `${manifest.name.slice(1).replace('/', '-')}-${manifest.version}.tgz`
      return [manifest.name, `file:${join(folder, file)}`]
    }),
  )
}

/**
 * Writes the manifest of an application. Packages depend on each other by version: the overrides, in the words of each
 * package manager, give them tarballs instead.
 *
 * @param own - Which of our packages the application installs, and the tarballs of all.
 */
export function writeManifest(folder, { tarballs, own, dependencies = {}, ...fields }) {
  const dependsOn = Object.fromEntries(own.map((name) => [name, tarballs[name]]))
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      name: 'consumer',
      version: '1.0.0',
      private: true,
      dependencies: { ...dependsOn, ...dependencies },
      overrides: tarballs,
      resolutions: tarballs,
      pnpm: { overrides: tarballs },
      ...fields,
    }),
  )
}

/** Installs with npm, without what a package would run at its installation. */
export function npmInstall(folder) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline', '--ignore-scripts']
  return run('npm', ['install', ...quiet], { cwd: folder })
}
