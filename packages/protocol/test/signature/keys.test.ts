import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import {
  formatSigningKey,
  formatVerificationKey,
  generateKeyPair,
  parseSigningKey,
  parseVerificationKeys,
} from '@dispatch/protocol/signature'
import t from 'tap'
import {
  PRIVATE_KEY_GO,
  PRIVATE_KEY_PEM,
  PRIVATE_KEY_SEED,
  PUBLIC_KEY,
  PUBLIC_KEY_HEX,
  PUBLIC_KEY_PEM,
} from './vectors.js'

const hexOf = (text: string) => Buffer.from(text, 'base64').toString('hex')

t.test('S21 every form of a public key gives the same key', async (t) => {
  const cases = [
    { name: 'PEM', text: PUBLIC_KEY_PEM },
    { name: 'PEM with literal \\n', text: PUBLIC_KEY_PEM.replaceAll('\n', '\\n') },
    { name: 'PEM with CR LF', text: PUBLIC_KEY_PEM.replaceAll('\n', '\r\n') },
    { name: 'base64', text: PUBLIC_KEY },
    { name: 'base64 in blanks', text: ` ${PUBLIC_KEY}\n` },
    { name: 'a key object', text: createPublicKey(PUBLIC_KEY_PEM) },
  ]
  for (const { name, text } of cases) {
    t.strictSame(
      parseVerificationKeys(text, 'x').map((key) => hexOf(formatVerificationKey(key))),
      [PUBLIC_KEY_HEX],
      name,
    )
  }
})

t.test('several keys may be given in one string or in a list', async (t) => {
  const other = formatVerificationKey(generateKeyPair().publicKey)
  const cases = [`${PUBLIC_KEY},${other}`, ` ${PUBLIC_KEY_PEM} , ${other},`, [PUBLIC_KEY, other]]
  for (const input of cases) {
    t.strictSame(parseVerificationKeys(input, 'x').map(formatVerificationKey), [PUBLIC_KEY, other])
  }
})

t.test('every form of a private key gives the same key', async (t) => {
  const cases = [
    PRIVATE_KEY_PEM,
    PRIVATE_KEY_PEM.replaceAll('\n', '\\n'),
    PRIVATE_KEY_SEED,
    PRIVATE_KEY_GO,
    parseSigningKey(PRIVATE_KEY_PEM, 'x'),
  ]
  for (const input of cases) t.equal(formatSigningKey(parseSigningKey(input, 'x')), PRIVATE_KEY_GO)
})

t.test('S22 an unusable public key is refused with the name of where it came from', async (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const cases = [
    { name: 'a word', input: 'foo', message: /"foo"/ },
    { name: 'nothing', input: '', message: /got nothing/ },
    { name: 'commas', input: ' , ', message: /got nothing/ },
    { name: 'too few bytes', input: 'AAAA', message: /32 bytes/ },
    { name: 'base64 of a private key', input: PRIVATE_KEY_GO, message: /88 characters/ },
    { name: 'PEM of a private key', input: PRIVATE_KEY_PEM, message: /private key/ },
    { name: 'PEM of nothing', input: '-----BEGIN PUBLIC KEY-----\n', message: /cannot be read/ },
    { name: 'PEM of RSA', input: rsa.export({ type: 'spki', format: 'pem' }) as string, message: /rsa/ },
    { name: 'a private key object', input: generateKeyPair().privateKey, message: /private key/ },
    { name: 'one of two', input: `${PUBLIC_KEY},foo`, message: /"foo"/ },
  ]
  for (const source of ['option verificationKey', 'DISPATCH_VERIFICATION_KEY']) {
    for (const { name, input, message } of cases) {
      t.throws(
        () => parseVerificationKeys(input, source),
        { name: 'TypeError', message: new RegExp(`^${source}: .*${message.source}`) },
        `${name} of ${source}`,
      )
    }
  }
})

t.test('an unusable private key is refused without being repeated', async (t) => {
  const mismatched = Buffer.from(PRIVATE_KEY_GO, 'base64')
  mismatched[40] = 0
  const cases = [
    'foo',
    '',
    PUBLIC_KEY_PEM,
    '-----BEGIN PRIVATE KEY-----\nAAAA',
    mismatched.toString('base64'),
    '%',
  ]
  for (const input of cases) {
    const error = t.throws(() => parseSigningKey(input, 'option signingKey'), {
      name: 'TypeError',
      message: /^option signingKey: /,
    }) as Error
    t.notMatch(error.message, input || 'nothing to repeat')
  }
})

t.test('a generated pair can be written down and read again', async (t) => {
  const { publicKey, privateKey } = generateKeyPair()
  t.equal(formatVerificationKey(privateKey), formatVerificationKey(publicKey))
  t.ok(parseSigningKey(formatSigningKey(privateKey), 'x').equals(privateKey))
})
