import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drawing } from './adaptive/drawing.js'

/** Path of the figure of the adaptive limit. */
const PATH = fileURLToPath(new URL('../../docs/understand/adaptive-concurrency.svg', import.meta.url))

writeFileSync(PATH, drawing())
console.log('docs/understand/adaptive-concurrency.svg is written')
