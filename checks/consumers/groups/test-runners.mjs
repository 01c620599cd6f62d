import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { NODES, runNode } from '../lib/nodes.mjs'
import { APPS, npmInstall, writeManifest } from '../lib/packages.mjs'

const RUNNERS = [
  {
    name: 'Jest, in its CommonJS mode',
    folder: 'jest',
    test: 'dispatch.test.cjs',
    command: ['jest/bin/jest.js', '--rootDir', 'jest', '--testRegex', '\\.test\\.cjs$', '--no-watchman'],
  },
  {
    name: 'Vitest',
    folder: 'vitest',
    test: 'dispatch.test.mjs',
    command: ['vitest/vitest.mjs', 'run', '--dir', 'vitest'],
  },
]

/** Tests of an application: it is started, runs calls, also while timers are replaced, and is closed. */
export const testRunners = {
  name: 'test runners',
  async prepare({ folder, tarballs }) {
    writeManifest(folder, {
      tarballs,
      own: Object.keys(tarballs),
      dependencies: {
        '@sinclair/typebox': '0.34.52',
        express: '5.3.0',
        fastify: '5.12.8',
        'fastify-plugin': '6.0.1',
        jest: '30.5.2',
        vite: '8.3.8',
        vitest: '4.1.12',
        zod: '4.6.7',
      },
    })
    await npmInstall(folder)
    for (const runner of RUNNERS) {
      mkdirSync(join(folder, runner.folder))
      cpSync(join(APPS, 'tests', runner.test), join(folder, runner.folder, runner.test))
    }
  },
  steps: [
    RUNNERS.flatMap(({ name, command: [program, ...args] }) =>
      NODES.map((major) => ({
        name: `${name}, on Node.js ${major}`,
        run: async ({ folder }) =>
          void (await runNode(major, [join('node_modules', program), ...args], { cwd: folder })),
      })),
    ),
  ],
}
