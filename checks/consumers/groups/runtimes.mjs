import { cpSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { APPS, npmInstall, ROOT, writeManifest } from '../lib/packages.mjs'
import { run } from '../lib/run.mjs'

/** `binary` is that of the platform's own package in node_modules; no script of an installation is run. */
const RUNTIMES = [
  { name: 'Bun', binary: (modules) => binaryIn(join(modules, '@oven'), 'bin/bun'), args: [] },
  {
    name: 'Deno',
    binary: (modules) => binaryIn(join(modules, '@deno'), 'deno'),
    args: ['run', '--allow-all'],
  },
]

const GREETINGS = ['Hello, Ada!', 'Hello, Grace!', 'Hello, Margaret!']

export const runtimes = {
  name: 'other runtimes',
  async prepare({ folder, tarballs }) {
    writeManifest(folder, {
      type: 'module',
      tarballs,
      own: ['@dispatch/core', '@dispatch/scheduler'],
      dependencies: { bun: '1.4.4', deno: '2.9.6' },
    })
    await npmInstall(folder)
    cpSync(join(APPS, 'durable-calls.mjs'), join(folder, 'durable-calls.mjs'))
    for (const file of ['main.js', 'functions.js'])
      cpSync(join(ROOT, 'examples/hello/dist', file), join(folder, 'hello', file))
  },
  steps: [
    RUNTIMES.flatMap((runtime) => {
      const skip = ({ folder }) =>
        binaryOf(runtime, folder) === undefined ? `no ${runtime.name} for this platform` : undefined
      return [
        {
          name: `${runtime.name}: the example hello`,
          skip,
          async run({ folder }) {
            const output = await start(runtime, folder, 'hello/main.js', '--once')
            for (const greeting of GREETINGS)
              if (!output.includes(greeting)) throw new Error(`expected ${greeting}, got ${output}`)
          },
        },
        {
          name: `${runtime.name}: calls are in the file after a restart; SQLite driver`,
          skip,
          run: ({ folder }) => start(runtime, folder, 'durable-calls.mjs', `${runtime.name}.db`),
        },
      ]
    }),
  ],
}

function start(runtime, folder, program, ...args) {
  const env = { DISPATCH_ENDPOINT_ADDR: 'localhost:0', DISPATCH_STORE: `hello-${runtime.name}.db` }
  return run(binaryOf(runtime, folder), [...runtime.args, program, ...args], { cwd: folder, env })
}

function binaryOf({ binary }, folder) {
  return binary(join(folder, 'node_modules'))
}

function binaryIn(scope, path) {
  if (!existsSync(scope)) return undefined
  return readdirSync(scope)
    .map((name) => join(scope, name, path))
    .find((file) => existsSync(file))
}
