import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NODES, runNode } from '../lib/nodes.mjs'
import { APPS, npmInstall, OWN_VERSIONS, writeManifest } from '../lib/packages.mjs'
import { run } from '../lib/run.mjs'

const TSCONFIG = {
  compilerOptions: {
    target: 'ES2022',
    module: 'nodenext',
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    types: ['node'],
  },
}

export const nodejs = {
  name: 'Node.js',
  async prepare({ folder, tarballs }) {
    writeManifest(folder, {
      type: 'module',
      tarballs,
      own: Object.keys(tarballs),
      dependencies: {
        '@sinclair/typebox': '0.34.52',
        '@types/node': OWN_VERSIONS['@types/node'],
        arktype: '2.2.9',
        express: '5.3.0',
        fastify: '5.12.8',
        'fastify-plugin': '6.0.1',
        'type-provider-typebox-0.34': 'npm:@fastify/type-provider-typebox@5.2.0',
        'type-provider-typebox-1': 'npm:@fastify/type-provider-typebox@6.3.0',
        typebox: '1.4.3',
        typescript: OWN_VERSIONS.typescript,
        valibot: '1.5.0',
        zod: '4.6.7',
      },
    })
    await npmInstall(folder)
    cpSync(join(APPS, 'nodejs'), folder, { recursive: true })
    for (const name of ['@dispatch', 'structured-headers'])
      cpSync(join(folder, 'node_modules', name), join(folder, 'other/node_modules', name), {
        recursive: true,
      })
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG))
  },
  steps: [
    [
      {
        name: 'types follow from schemas of TypeBox 0.34 and 1, zod, valibot, arktype',
        run: ({ folder }) => run(join(folder, 'node_modules/.bin/tsc'), [], { cwd: folder }),
      },
    ],
    NODES.flatMap((major) => {
      const start = (program) => (context) => runNode(major, [program], { cwd: context.folder })
      return [
        { name: `Node.js ${major}: import and require() give one copy`, run: start('one-copy.mjs') },
        { name: `Node.js ${major}: two copies in one process work together`, run: start('two-copies.mjs') },
        { name: `Node.js ${major}: schemas are checked, by the real packages`, run: start('schemas.js') },
        {
          name: `Node.js ${major}: one schema for a route and a function, with Fastify's TypeBoxTypeProvider`,
          run: start('type-providers.js'),
        },
      ]
    }),
  ],
}
