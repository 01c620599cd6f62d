import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { func } from '@dispatch/core'
import { FormatRegistry, Type } from '@sinclair/typebox'
import t from 'tap'

/** The standard output of the program. */
async function run(program: string, args: readonly string[] = []): Promise<string> {
  const all = ['--no-warnings', ...args, '--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, all, { cwd: import.meta.dirname })
  return stdout.trim()
}

/** Makes both packages of TypeBox appear as not installed. */
const HOOKS = `
export async function resolve(specifier, context, next) {
  if (!/^(@sinclair\\/)?typebox/.test(specifier)) return next(specifier, context)
  throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
}
`
const WITHOUT_TYPEBOX = `
import { register } from 'node:module'
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(HOOKS)}))
const { func } = await import('@dispatch/core')
console.log(func('plain', async () => 1).buildCall().function)
for (const kind of [Symbol.for('TypeBox.Kind'), '~kind']) {
  try {
    func('fn', { input: { [kind]: 'String', type: 'string' } }, async () => 1)
  } catch (error) {
    console.log(error.name + ': ' + error.message)
  }
}
`

t.test('without TypeBox functions work, and a TypeBox schema is refused with the fix', async (t) => {
  t.strictSame((await run(WITHOUT_TYPEBOX)).split('\n'), [
    'plain',
    "TypeError: func('fn'): options.input: a TypeBox schema needs @sinclair/typebox beside @dispatch/core; run: " +
      'npm install @sinclair/typebox@0.34',
    "TypeError: func('fn'): options.input: a TypeBox schema needs typebox beside @dispatch/core; run: " +
      'npm install typebox@1',
  ])
})

t.test('schemas are checked where code generation is forbidden', async (t) => {
  const program = `
    import { func } from '@dispatch/core'
    import { Type } from '@sinclair/typebox'
    const fn = func('fn', { input: Type.Object({ n: Type.Integer() }) }, async () => 1)
    console.log(fn.buildCall({ n: 1 }).function)
    try { fn.buildCall({ n: 'x' }) } catch (error) { console.log(error.message) }
  `
  const output = await run(program, ['--disallow-code-generation-from-strings'])
  t.strictSame(output.split('\n'), ['fn', 'input.n: expected integer, got "x"'])
})

t.test('formats registered by the application are used', async (t) => {
  FormatRegistry.Set('even', (text) => text.length % 2 === 0)
  const fn = func('fn', { input: Type.String({ format: 'even' }) }, async () => 1)
  t.equal(fn.buildCall('ab').function, 'fn')
  t.throws(() => fn.buildCall('abc'), {
    message: /^input: expected string to match 'even' format, got "abc"$/,
  })
})
