// What the manifest of a published package says about its builds. It follows from `exports`, which is written for the
// workspace, and stands in `publishConfig`, from where `pnpm pack` takes it.
//
//   node scripts/bundle/manifest.mjs    writes it into the manifest of the package in the current folder
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The entry points of a package: `subPath` is `.` or `./adapter`, `module` the compiled module below `dist`. */
export function entriesOf({ exports }) {
  return Object.entries(exports)
    .filter(([subPath]) => subPath !== './package.json')
    .map(([subPath, { types, default: path }]) => {
      const module = /^\.\/dist\/(.+)\.js$/.exec(path)?.[1]
      if (module === undefined || types !== `./dist/${module}.d.ts`)
        throw new Error(`exports['${subPath}']: expected types and default of one module in ./dist`)
      return { subPath, module }
    })
}

/**
 * @see docs/adr/workspace/0019-builds-of-the-packages.md for the conditions and their order. Declarations need none: they
 * stand beside the modules. Compilers with `moduleResolution: node10` read `main`, `types` and `typesVersions` only.
 */
export function publishConfigOf(manifest) {
  const entries = entriesOf(manifest)
  const root = entries.find(({ subPath }) => subPath === '.')
  const others = entries.filter((entry) => entry !== root)
  return {
    main: `./bundle/cjs/${root.module}.js`,
    types: `./bundle/cjs/${root.module}.d.ts`,
    exports: {
      ...Object.fromEntries(entries.map(({ subPath, module }) => [subPath, conditionsOf(module)])),
      './package.json': './package.json',
    },
    ...(others.length > 0 && {
      typesVersions: {
        '*': Object.fromEntries(
          others.map(({ subPath, module }) => [subPath.slice(2), [`./bundle/cjs/${module}.d.ts`]]),
        ),
      },
    }),
  }
}

function conditionsOf(module) {
  return {
    'module-sync': `./bundle/esm/${module}.js`,
    require: `./bundle/cjs/${module}.js`,
    default: `./bundle/esm/${module}.js`,
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
  manifest.publishConfig = publishConfigOf(manifest)
  writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`)
}
