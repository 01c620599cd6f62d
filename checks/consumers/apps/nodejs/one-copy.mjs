// Whether import and require() give the same values, for every entry point of every package; and whether the build that
// Node.js does not load has the same names.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const names = ['core', 'express', 'fastify', 'protocol', 'scheduler'].map((name) => `@dispatch/${name}`)
let compared = 0
for (const name of names) {
  const { exports } = require(`${name}/package.json`)
  for (const subPath of Object.keys(exports).filter((key) => key !== './package.json')) {
    const specifier = name + subPath.slice(1)
    const [imported, required] = [await import(specifier), require(specifier)]
    const differ = Object.keys(imported).filter((key) => imported[key] !== required[key])
    if (differ.length > 0) throw new Error(`${specifier}: not the same by import and require(): ${differ}`)
    const converted = require(fileOf(name, exports[subPath].require))
    const wrong = Object.keys(imported).filter((key) => kindOf(imported[key]) !== kindOf(converted[key]))
    if (wrong.length > 0) throw new Error(`${specifier}: differ in the CommonJS build: ${wrong}`)
    compared += Object.keys(imported).length
  }
}
if (compared < 100) throw new Error(`expected at least 100 exports, got ${compared}`)
console.log(`${compared} exports`)

function fileOf(name, path) {
  return require.resolve(`${name}/package.json`).replace('package.json', path)
}

/** What a value and its copy have in common. */
function kindOf(value) {
  return typeof value === 'function' ? `function ${value.name}` : typeof value
}
