import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NODES, nodeOf } from '../lib/nodes.mjs'
import { APPS, npmInstall, PNPM, writeManifest } from '../lib/packages.mjs'
import { run } from '../lib/run.mjs'

const APP = 'durable-calls.mjs'

const INSTALLERS = [
  {
    name: 'pnpm',
    install: (folder) =>
      run('npx', ['--yes', PNPM, 'install', '--prefer-offline', '--ignore-scripts'], { cwd: folder }),
    start: async (major, folder) => run(await nodeOf(major), [APP, `node-${major}.db`], { cwd: folder }),
  },
  {
    name: 'npm',
    install: npmInstall,
    start: async (major, folder) => run(await nodeOf(major), [APP, `node-${major}.db`], { cwd: folder }),
  },
  {
    name: "yarn, Plug'n'Play",
    async install(folder) {
      // yarn does not read the settings of npm.
      const registry = (await run('npm', ['config', 'get', 'registry'], { cwd: folder })).trim()
      const settings = {
        enableImmutableInstalls: false,
        enableScripts: false,
        enableTelemetry: false,
        nodeLinker: 'pnp',
        npmRegistryServer: registry,
        unsafeHttpWhitelist: [new URL(registry).hostname],
      }
      writeFileSync(join(folder, '.yarnrc.yml'), JSON.stringify(settings))
      writeFileSync(join(folder, 'yarn.lock'), '')
      await run(process.execPath, [yarnOf(folder), 'install'], { cwd: folder })
    },
    start: async (major, folder) =>
      run(await nodeOf(major), [yarnOf(folder), 'node', APP, `node-${major}.db`], { cwd: folder }),
  },
]

/** The same application, with what it installs strictly apart, in the usual place, and in no folder at all. */
export const installers = {
  name: 'installers',
  async prepare({ folder, tarballs }) {
    writeManifest(folder, { tarballs, own: [], dependencies: { '@yarnpkg/cli-dist': '4.18.1' } })
    await npmInstall(folder)
    for (const { name } of INSTALLERS) {
      const app = folderOf(name, folder)
      mkdirSync(app)
      writeManifest(app, { tarballs, own: ['@dispatch/core', '@dispatch/scheduler'] })
      cpSync(join(APPS, APP), join(app, APP))
    }
  },
  steps: [
    INSTALLERS.map(({ name, install }) => ({
      name: `${name}: installs`,
      run: async ({ folder }) => void (await install(folderOf(name, folder))),
    })),
    INSTALLERS.flatMap(({ name, start }) =>
      NODES.map((major) => ({
        name: `${name}: the application runs on Node.js ${major}`,
        run: ({ folder }) => start(major, folderOf(name, folder)),
      })),
    ),
  ],
}

function folderOf(name, folder) {
  return join(folder, '..', `installed-by-${name.replaceAll(/\W+/g, '-')}`)
}

function yarnOf(app) {
  return join(app, '../installers/node_modules/@yarnpkg/cli-dist/bin/yarn.js')
}
