import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'

/** Makes `@dispatch/scheduler` appear as not installed. */
const HOOKS = `
export async function resolve(specifier, context, next) {
  if (specifier !== '@dispatch/scheduler') return next(specifier, context)
  const error = new Error("Cannot find package '@dispatch/scheduler' imported from x")
  throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' })
}
`
const PROGRAM = `
import { register } from 'node:module'
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(HOOKS)}))
const { Dispatch, func } = await import('@dispatch/core')
const fn = func('fn', async () => 1)
const dispatch = new Dispatch({ functions: [fn], env: {} })
await dispatch.open()
console.log(await fn.dispatch().catch((error) => error.name + ': ' + error.message))
await dispatch.close()
`

t.test(
  'without a scheduler an application starts, and the first dispatch rejects with both fixes',
  async (t) => {
    const args = ['--no-warnings', '--input-type=module', '--eval', PROGRAM]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
    t.equal(
      stdout.trim(),
      'PermanentError: no scheduler: install @dispatch/scheduler, which runs inside this process, or pass the URL of a ' +
        'stand-alone scheduler as option apiUrl or DISPATCH_API_URL',
    )
  },
)
