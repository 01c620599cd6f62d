// Whether import and require() give the same things, for every entry point of every package.
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
    compared += Object.keys(imported).length
  }
}
if (compared < 100) throw new Error(`expected at least 100 exports, got ${compared}`)
console.log(`${compared} exports`)
