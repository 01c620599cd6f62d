import { readApi } from './read-api.mjs'
import { renderApi } from './render-api.mjs'
import { ENTRY_POINTS, SECTIONS } from './sections.mjs'

const HEAD = `# API reference

Every function, class and option that the packages export, with type, default and description. Written by
\`node scripts/generate-docs.mjs\` from the types; a check fails when it is out of date.

Durations are milliseconds, or strings such as \`'250ms'\`, \`'90s'\`, \`'5m'\`, \`'1h'\`, \`'30d'\`. Options that end in \`Ms\` or \`MsMax\`
are milliseconds, those in \`BytesMax\` bytes.

`

/** The text of docs/reference/api.md. @throws {Error} When an exported name has no place, or an option no default. */
export function generateApi(root) {
  return HEAD + renderApi(readApi(root, ENTRY_POINTS), SECTIONS)
}
