import { cpSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NODES, runNode } from '../lib/nodes.mjs'
import { APPS, npmInstall, writeManifest } from '../lib/packages.mjs'
import { run } from '../lib/run.mjs'

/** The program, and the manifest below which it is bundled, for bundlers that ask what a `.js` file is. */
const APP = 'bundled.mjs'
const FASTIFY_APP = 'bundled-fastify.mjs'
const STAND_ALONE_APP = 'bundled-stand-alone.mjs'

/** What ES modules need into which CommonJS packages are bundled, as it is found in many places. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const esbuild = (format, app = APP) => ['esbuild', app, '--bundle', '--platform=node', `--format=${format}`]
const rollup = ['rollup', APP, '-p', 'node-resolve', '-p', 'commonjs', '-p', 'json']
const webpack = ['webpack', '--mode', 'production', '--no-optimization-minimize', '--target', 'node20']

/** Commands that put the program and everything it needs into a folder; `main` is what is then started. */
const BUNDLERS = [
  { name: 'esbuild esm', main: 'app.mjs', command: (to) => [...esbuild('esm'), `--outfile=${to}/app.mjs`] },
  {
    name: 'esbuild cjs, minified',
    main: 'app.cjs',
    command: (to) => [...esbuild('cjs'), '--minify', `--outfile=${to}/app.cjs`],
  },
  {
    name: 'esbuild esm, with Fastify and a require()',
    main: 'app.mjs',
    command: (to) => [...esbuild('esm', FASTIFY_APP), `--banner:js=${REQUIRE}`, `--outfile=${to}/app.mjs`],
  },
  {
    name: 'esbuild esm, split, with a stand-alone scheduler',
    main: 'bundled-stand-alone.mjs',
    command: (to) => [
      ...esbuild('esm', STAND_ALONE_APP),
      '--splitting',
      `--banner:js=${REQUIRE}`,
      '--out-extension:.js=.mjs',
      `--outdir=${to}`,
    ],
  },
  {
    name: 'rollup',
    main: 'bundled.mjs',
    command: (to) => [
      ...rollup,
      '-d',
      to,
      '-f',
      'esm',
      '--entryFileNames',
      '[name].mjs',
      '--chunkFileNames',
      '[name].mjs',
    ],
  },
  { name: 'webpack', main: 'main.js', command: (to) => [...webpack, '--entry', `./${APP}`, '-o', to] },
  { name: 'ncc', main: 'index.mjs', command: (to) => ['ncc', 'build', APP, '-o', to] },
]

/** The same of a program that requires core and nothing else. */
const REMOTE = [
  {
    name: 'esbuild',
    command: [
      'esbuild',
      'without-scheduler.cjs',
      '--bundle',
      '--platform=node',
      '--format=cjs',
      '--outfile=out/main.js',
    ],
  },
  { name: 'webpack', command: [...webpack, '--entry', './without-scheduler.cjs', '-o', 'out'] },
]

/** All but libsql can be in a bundle. It is native code, and Node.js 20 needs it. */
export const bundles = {
  name: 'bundles with the embedded file store',
  async prepare({ folder, tarballs }) {
    writeManifest(folder, {
      tarballs,
      own: ['@dispatch/core', '@dispatch/fastify', '@dispatch/scheduler'],
      dependencies: {
        '@rollup/plugin-commonjs': '29.0.3',
        '@rollup/plugin-json': '6.1.0',
        '@rollup/plugin-node-resolve': '16.0.3',
        '@sinclair/typebox': '0.34.52',
        '@vercel/ncc': '0.45.0',
        esbuild: '0.28.2',
        fastify: '5.12.8',
        'fastify-plugin': '6.0.1',
        rollup: '4.68.5',
        typebox: '1.4.3',
        webpack: '5.112.2',
        'webpack-cli': '7.3.1',
      },
    })
    await npmInstall(folder)
    for (const app of [APP, FASTIFY_APP, STAND_ALONE_APP]) cpSync(join(APPS, app), join(folder, app))
    const libsql = join(elsewhere(folder), 'with-libsql')
    mkdirSync(libsql, { recursive: true })
    writeFileSync(join(libsql, 'package.json'), '{"dependencies":{"libsql":"0.5.29"}}')
    await npmInstall(libsql)
    await prepareRemote(folder, tarballs)
  },
  steps: [
    [
      ...REMOTE.map(({ name, command }) => ({
        name: `${name}: an application without a scheduler is bundled from CommonJS, and runs`,
        run: ({ folder }) => bundleRemote(folder, command),
      })),
      ...BUNDLERS.map((bundler) => ({
        name: `${bundler.name}: the application is bundled`,
        run: ({ folder }) => bundle(bundler, folder),
      })),
    ],
    [
      ...BUNDLERS.flatMap((bundler) =>
        NODES.map((major) => ({
          name: `${bundler.name}: runs on Node.js ${major}, without node_modules${major === '20' ? ' but for libsql' : ''}`,
          run: ({ folder }) => start(bundler, major, folder),
        })),
      ),
    ],
  ],
}

/** Where nothing that is installed for the application can be found. */
function elsewhere(folder) {
  return join(folder, '..', 'elsewhere')
}

async function bundle({ name, command }, folder) {
  const [tool, ...args] = command(join(elsewhere(folder), 'alone', name))
  const output = await run(join(folder, 'node_modules/.bin', tool), args, { cwd: folder, all: true })
  if (/warning|\(!\)/i.test(output) && output.includes('@dispatch/'))
    throw new Error(`expected no warnings, got:\n${output}`)
  cpSync(join(elsewhere(folder), 'alone', name), join(elsewhere(folder), 'with-libsql', name), {
    recursive: true,
  })
}

async function start({ name, main }, major, folder) {
  // Some bundlers write down where a module was; it is not there when the bundle runs.
  const installed = join(folder, 'node_modules')
  if (existsSync(installed)) renameSync(installed, join(folder, 'moved'))
  const cwd = join(elsewhere(folder), major === '20' ? 'with-libsql' : 'alone', name)
  return await runNode(major, [main, join(cwd, `node-${major}.db`)], { cwd })
}

async function prepareRemote(folder, tarballs) {
  const remote = join(elsewhere(folder), 'remote')
  mkdirSync(remote, { recursive: true })
  const { '@dispatch/core': core, '@dispatch/protocol': protocol } = tarballs
  writeManifest(remote, {
    tarballs: { '@dispatch/core': core, '@dispatch/protocol': protocol },
    own: ['@dispatch/core'],
  })
  await npmInstall(remote)
  cpSync(join(APPS, 'without-scheduler.cjs'), join(remote, 'without-scheduler.cjs'))
}

async function bundleRemote(folder, [tool, ...args]) {
  const remote = join(elsewhere(folder), 'remote')
  await run(join(folder, 'node_modules/.bin', tool), args, { cwd: remote })
  const alone = join(elsewhere(folder), 'remote-alone')
  cpSync(join(remote, 'out'), alone, { recursive: true })
  await run(process.execPath, ['main.js'], { cwd: alone })
}
