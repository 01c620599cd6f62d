import { readFileSync } from 'node:fs'
import t from 'tap'

const {
  exports,
  publishConfig: { typesVersions },
} = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly exports: Readonly<Record<string, unknown>>
  readonly publishConfig: { readonly typesVersions: { readonly '*': Readonly<Record<string, unknown>> } }
}
const ENTRY_POINTS = Object.keys(exports).filter((name) => name !== './package.json')

t.test('each name is exported by one entry point only', async (t) => {
  const entryPointsOf = new Map<string, string[]>()
  for (const entryPoint of ENTRY_POINTS) {
    const names = Object.keys((await import(`@dispatch/protocol${entryPoint.slice(1)}`)) as object)
    t.ok(names.length > 0, entryPoint)
    for (const name of names) entryPointsOf.set(name, [...(entryPointsOf.get(name) ?? []), entryPoint])
  }
  t.strictSame(
    [...entryPointsOf].filter(([, entryPoints]) => entryPoints.length > 1),
    [],
  )
})

t.test('compilers that do not read exports find the types of each entry point', async (t) => {
  const subPaths = ENTRY_POINTS.filter((name) => name !== '.').map((name) => name.slice('./'.length))
  t.strictSame(Object.keys(typesVersions['*']).sort(), subPaths.sort())
})
