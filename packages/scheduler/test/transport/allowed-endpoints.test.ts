import { parseAllowedEndpoints } from '@dispatch/scheduler'
import t from 'tap'

const CASES: { allowed: string[]; yes: string[]; no: string[] }[] = [
  {
    allowed: ['https://app.example.com'],
    yes: [
      'https://app.example.com',
      'https://app.example.com/',
      'https://APP.example.com:443/any/path?x=1',
      'https://app.example.com/a/../b',
    ],
    no: [
      'http://app.example.com',
      'https://app.example.com:8443',
      'https://app.example.com.evil.example',
      'https://app.example.com@evil.example',
      'https://app.example.com:x@evil.example/',
      'https://user@app.example.com',
      'https://user:password@app.example.com',
      'https://evil.example/https://app.example.com',
      'https://evil.example#app.example.com',
      'https://evil.example\\@app.example.com',
      'https://xapp.example.com',
      'https://example.com',
      'https://app.example.com.',
    ],
  },
  {
    allowed: ['https://*.example.com'],
    yes: ['https://a.example.com', 'https://a.b.example.com/x'],
    no: [
      'https://example.com',
      'https://aexample.com',
      'https://a.example.com.evil.example',
      'https://.example.org',
    ],
  },
  {
    allowed: ['https://example.com/dispatch'],
    yes: ['https://example.com/dispatch', 'https://example.com/dispatch/', 'https://example.com/dispatch/x'],
    no: [
      'https://example.com',
      'https://example.com/dispatcher',
      'https://example.com/dispatch/../admin',
      'https://example.com/dispatch/%2e%2e/admin',
      'https://example.com/x?/dispatch',
    ],
  },
  {
    allowed: ['http://localhost:*', 'http://127.0.0.1:8000', 'http://[::1]:8000'],
    yes: [
      'http://localhost',
      'http://localhost:1234/x',
      'http://127.0.0.1:8000',
      'http://0x7f.1:8000',
      'http://[0:0:0:0:0:0:0:1]:8000',
    ],
    no: ['http://127.0.0.1:8001', 'http://127.0.0.1', 'http://[::2]:8000', 'https://localhost'],
  },
  { allowed: ['*'], yes: ['http://a', 'https://b:1/x'], no: ['http://u@a', 'http://:p@a'] },
  { allowed: [], yes: [], no: ['http://localhost'] },
]

for (const { allowed, yes, no } of CASES) {
  t.test(`what ${JSON.stringify(allowed)} allows`, async (t) => {
    t.plan(yes.length + no.length)
    const isAllowed = parseAllowedEndpoints(allowed)
    for (const url of yes) t.equal(isAllowed(new URL(url)), true, url)
    for (const url of no) t.equal(isAllowed(new URL(url)), false, url)
  })
}

t.test('an entry that is neither "*" nor a URL is named', async (t) => {
  const entries = [
    '',
    'example.com',
    'ftp://example.com',
    'https://',
    'https://*',
    'https://a.*.com',
    'https://user@example.com',
    'https://example.com:99999',
    'https://example.com/x?y',
    'https://example.com/#x',
    ' https://example.com',
  ]
  t.plan(entries.length)
  for (const entry of entries) {
    t.throws(
      () => parseAllowedEndpoints(['*', entry]),
      { name: 'TypeError', message: /^allowedEndpoints\[1\]: expected/ },
      entry,
    )
  }
})
