import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NODES, runNode } from '../lib/nodes.mjs'
import { APPS, npmInstall, OWN_VERSIONS, writeManifest } from '../lib/packages.mjs'
import { run } from '../lib/run.mjs'

const COMPILERS = [
  { name: 'TypeScript 5.5', alias: 'typescript-5.5', version: '5.5.4' },
  { name: 'TypeScript 5.9', alias: 'typescript-5.9', version: '5.9.3' },
  { name: 'TypeScript 7', alias: 'typescript-7', version: '7.0.2' },
]

/** TypeScript 5.5 takes `nodenext` for `node16`. `kind` is the folder of the source, whose manifest says what a `.ts` file in it is. */
const SETTINGS = [
  { kind: 'esm', module: 'node16', moduleResolution: 'node16' },
  { kind: 'esm', module: 'nodenext', moduleResolution: 'nodenext', since: '5.9' },
  { kind: 'esm', module: 'esnext', moduleResolution: 'bundler' },
  { kind: 'cjs', module: 'node16', moduleResolution: 'node16' },
  { kind: 'cjs', module: 'nodenext', moduleResolution: 'nodenext', since: '5.9' },
  { kind: 'cjs', module: 'commonjs', moduleResolution: 'node10', until: '5.9.3' },
]

/** Programs as they were compiled, that are run as well. */
const STARTED = [
  { kind: 'esm', compiler: 'typescript-7', moduleResolution: 'nodenext', since: '5.9' },
  { kind: 'cjs', compiler: 'typescript-5.5', moduleResolution: 'node16' },
  { kind: 'cjs', compiler: 'typescript-5.9', moduleResolution: 'node10' },
]

const KINDS = { esm: 'ES module', cjs: 'CommonJS' }

export const typescript = {
  name: 'TypeScript, declarations checked',
  async prepare({ folder, tarballs }) {
    writeManifest(folder, {
      tarballs,
      own: Object.keys(tarballs),
      dependencies: {
        ...Object.fromEntries(COMPILERS.map(({ alias, version }) => [alias, `npm:typescript@${version}`])),
        '@types/express': '5.0.6',
        '@types/node': OWN_VERSIONS['@types/node'],
        express: '5.3.0',
        fastify: '5.12.8',
        'fastify-plugin': '6.0.1',
      },
    })
    await npmInstall(folder)
    for (const [kind, type] of [
      ['esm', 'module'],
      ['cjs', 'commonjs'],
    ]) {
      mkdirSync(join(folder, kind))
      writeFileSync(join(folder, kind, 'package.json'), JSON.stringify({ type }))
      cpSync(join(APPS, 'typescript/app.ts'), join(folder, kind, 'app.ts'))
    }
  },
  steps: [
    COMPILERS.flatMap((compiler) =>
      SETTINGS.filter(
        ({ since = compiler.version, until = compiler.version }) =>
          compiler.version >= since && compiler.version <= until,
      ).map((setting) => ({
        name: `${compiler.name}: ${KINDS[setting.kind]}, moduleResolution ${setting.moduleResolution}`,
        run: ({ folder }) => compile(compiler, setting, folder),
      })),
    ),
    STARTED.flatMap(({ kind, compiler, moduleResolution }) =>
      NODES.map((major) => ({
        name: `${KINDS[kind]} by ${compiler} for ${moduleResolution} runs on Node.js ${major}`,
        run: async ({ folder }) => {
          const program = join(outputOf(compiler, moduleResolution), 'app.js')
          await runNode(major, [program], { cwd: join(folder, kind) })
        },
      })),
    ),
  ],
}

async function compile({ alias }, { kind, module, moduleResolution }, folder) {
  const tsconfig = `tsconfig.${alias}.${moduleResolution}.json`
  writeFileSync(
    join(folder, kind, tsconfig),
    JSON.stringify({
      compilerOptions: {
        target: 'ES2022',
        lib: ['ES2022'],
        module,
        moduleResolution,
        strict: true,
        noUncheckedIndexedAccess: true,
        esModuleInterop: true,
        skipLibCheck: false,
        types: ['node'],
        outDir: outputOf(alias, moduleResolution),
      },
      files: ['app.ts'],
    }),
  )
  const tsc = join(folder, 'node_modules', alias, 'bin/tsc')
  await run(process.execPath, [tsc, '-p', tsconfig], { cwd: join(folder, kind) })
}

function outputOf(compiler, moduleResolution) {
  return `out-${compiler}-${moduleResolution}`
}
