import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Copies the declarations that can be reached from the entry points, of each build its own: a compiler takes the kind of
 * a declaration file, ES module or CommonJS, from the manifest above it.
 */
export function copyDeclarations(modules, outdirs) {
  const reached = new Set()
  const visit = (path) => {
    if (reached.has(path)) return
    reached.add(path)
    for (const specifier of relativeImportsOf(read(path))) {
      visit(join(dirname(path), specifier.replace(/\.js$/, '.d.ts')))
    }
  }
  for (const module of modules) visit(`${module}.d.ts`)
  for (const outdir of outdirs) {
    for (const path of reached) {
      mkdirSync(dirname(join(outdir, path)), { recursive: true })
      writeFileSync(join(outdir, path), read(path))
    }
  }
  return reached.size
}

/** Without the line that names the map: maps are not published. */
function read(path) {
  return readFileSync(join('dist', path), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n')
}

function relativeImportsOf(text) {
  return [...text.matchAll(/(?:\bfrom|\bimport\(|^import)\s*['"](\.[^'"]+)['"]/gm)].map((match) => match[1])
}
