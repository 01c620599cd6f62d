import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')

/** Which of our packages a package may import; dev dependencies count. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  protocol: [],
  core: ['protocol'],
  scheduler: ['protocol'],
  fastify: ['core', 'protocol'],
  express: ['core', 'protocol'],
}

/** The packages whose runtime dependencies are fixed, each with its reason in docs/adr/workspace/0003-runtime-dependencies.md. */
const RUNTIME_DEPENDENCIES: Record<string, readonly string[]> = {
  protocol: ['structured-headers'],
  core: ['@dispatch/protocol'],
}

const PACKAGES = readdirSync(join(ROOT, 'packages'))

function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name.startsWith('.') || entry.name === 'dist' ? [] : sourcesOf(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })
}

/** What a file imports at run time or for its types, statically. */
function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8')
  return [
    ...text.matchAll(/^\s*(?:import|export)\b[^'"\n]*(?:\{[^}]*\}[^'"\n]*)?from\s+['"]([^'"]+)['"]/gm),
  ].map((match) => match[1] as string)
}

/** Imports that exist when the program runs: those of types alone make no cycle. */
function runtimeImportsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8').replace(
    /^\s*(?:import|export) type\b[\s\S]*?from\s+['"][^'"]+['"]/gm,
    '',
  )
  return [...text.matchAll(/^\s*(?:import|export)\b[\s\S]*?from\s+['"]([^'"]+)['"]/gm)].map(
    (m) => m[1] as string,
  )
}

t.test('every package is in the table', async (t) => {
  t.strictSame(PACKAGES.slice().sort(), Object.keys(MAY_IMPORT).sort())
})

t.test('a package imports only from layers above its own', async (t) => {
  const files = PACKAGES.flatMap((name) =>
    sourcesOf(join(ROOT, 'packages', name)).map((path) => ({ name, path })),
  )
  t.ok(files.length > 50, 'the sources were found')
  const wrong = files.flatMap(({ name, path }) =>
    importsOf(path)
      .filter((specifier) => specifier.startsWith('@dispatch/'))
      .map((specifier) => specifier.split('/')[1] as string)
      .filter((target) => target !== name && !MAY_IMPORT[name]?.includes(target))
      .map((target) => `${relative(ROOT, path)} imports @dispatch/${target}`),
  )
  t.strictSame(wrong, [])
})

t.test('manifests name no package of a layer below', async (t) => {
  const wrong = PACKAGES.flatMap((name) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'))
    return Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
      .filter((dependency) => dependency.startsWith('@dispatch/'))
      .map((dependency) => dependency.split('/')[1] as string)
      .filter((target) => !MAY_IMPORT[name]?.includes(target))
      .map((target) => `${name} depends on ${target}`)
  })
  t.strictSame(wrong, [])
})

t.test('files import each other without a cycle', async (t) => {
  const edges = new Map<string, string[]>()
  for (const name of PACKAGES) {
    for (const path of sourcesOf(join(ROOT, 'packages', name, 'src'))) {
      const targets = runtimeImportsOf(path)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => resolve(dirname(path), specifier.replace(/\.js$/, '.ts')))
      edges.set(path, targets)
    }
  }
  t.strictSame(
    cycleIn(edges).map((path) => relative(ROOT, path)),
    [],
  )
})

t.test('core and protocol depend on what their record of decisions names, and nothing else', async (t) => {
  for (const [name, want] of Object.entries(RUNTIME_DEPENDENCIES)) {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'))
    t.strictSame(Object.keys(manifest.dependencies).sort(), [...want].sort(), name)
  }
})

/** The files of one cycle, or none. */
function cycleIn(edges: Map<string, string[]>): string[] {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (node: string): string[] => {
    if (done.has(node)) return []
    const at = path.indexOf(node)
    if (at >= 0) return path.slice(at)
    path.push(node)
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next)
      if (cycle.length > 0) return cycle
    }
    path.pop()
    done.add(node)
    return []
  }
  for (const node of edges.keys()) {
    const cycle = visit(node)
    if (cycle.length > 0) return cycle
  }
  return []
}
