import { checkOptions, type OptionNames } from '@dispatch/protocol/text'
import t from 'tap'

interface Options {
  readonly attemptsMax?: number
  readonly delay?: string
  readonly host?: string
  readonly port?: number
}

const NAMES = {
  attemptsMax: ['retries', 'maxRetries'],
  delay: [],
  host: [],
  port: [],
} satisfies OptionNames<Options>

const unknown = [
  { name: 'a letter is missing', option: 'attemptMax', want: 'attemptsMax' },
  { name: 'another case', option: 'ATTEMPTSMAX', want: 'attemptsMax' },
  { name: 'a unit that is not in the name', option: 'delayMs', want: 'delay' },
  { name: 'another word for it', option: 'retries', want: 'attemptsMax' },
  { name: 'nearly another word for it', option: 'retry', want: 'attemptsMax' },
  { name: 'as near to one as to another', option: 'post', want: 'host' },
  { name: 'near to none', option: 'colour', want: 'one of attemptsMax, delay, host, port' },
  { name: 'a property of all objects', option: 'toString', want: 'one of attemptsMax, delay, host, port' },
]
for (const { name, option, want } of unknown) {
  t.test(`an option that does not exist is refused with the nearest one that does: ${name}`, async (t) => {
    t.throws(() => checkOptions({ delay: 1, [option]: 1 }, 'place', NAMES), {
      name: 'TypeError',
      message: `place: expected ${want}, got the unknown option "${option}"`,
    })
  })
}

t.test('options that exist are returned as they are, and no options as none', async (t) => {
  const options = { delay: 'x', port: undefined }
  t.equal(checkOptions(options, 'place', NAMES), options)
  t.strictSame(checkOptions(undefined, 'place', NAMES), {})
})

const notObjects = [
  { name: 'null', value: null, got: 'null' },
  { name: 'an array', value: [1], got: 'an array of 1' },
  { name: 'a number', value: 5, got: '5' },
  { name: 'a function', value: () => 1, got: 'a function' },
]
for (const { name, value, got } of notObjects) {
  t.test(`options that are ${name} are refused`, async (t) => {
    t.throws(() => checkOptions(value, 'place', NAMES), {
      name: 'TypeError',
      message: `place: expected an object, got ${got}`,
    })
  })
}
