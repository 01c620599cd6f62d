import { NOTES } from './sections.mjs'

/** Markdown of the API reference. @param api - What {@link readApi} gives. */
export function renderApi({ items, additions }, sections) {
  assertPlaced(items, sections)
  const problems = []
  const documented = new Set(items.keys())
  const parts = sections.map((section) => renderSection(section, { items, additions, documented, problems }))
  if (problems.length > 0) throw new Error(`the API reference cannot be written:\n  ${problems.join('\n  ')}`)
  return parts.join('\n')
}

/** Every exported name has a place, and every place a name. */
function assertPlaced(items, sections) {
  const placed = sections.flatMap(({ names, alike }) => [...names, ...(alike?.names ?? [])])
  const missing = [...items.keys()].filter((key) => !placed.includes(key))
  const gone = placed.filter((key) => !items.has(key))
  if (missing.length + gone.length === 0) return
  throw new Error(
    `scripts/sources/api/sections.mjs: add ${missing.join(', ') || 'nothing'}; remove ${gone.join(', ') || 'nothing'}`,
  )
}

function renderSection({ title, intro, names, alike, adds }, context) {
  const parts = [`## ${title}\n`]
  if (intro !== undefined) parts.push(`${intro}\n`)
  for (const name of names) parts.push(renderItem(context.items.get(name), context))
  if (alike !== undefined) {
    const list = alike.names.map((name) => code(context.items.get(name).name)).join(', ')
    parts.push(`### ${alike.title}\n\n${alike.intro}\n\n${list}\n`)
  }
  if (adds !== undefined) {
    const list = context.additions.get(adds.owner).map(renderMember).join('\n')
    parts.push(`### ${adds.title}\n\n${list}\n`)
  }
  return parts.join('\n')
}

function renderItem(item, context) {
  const text = item.doc.text || (NOTES[`${item.owner}:${item.name}`] ?? '')
  if (text === '') context.problems.push(`${item.owner} exports ${item.name} without a comment`)
  const parts = [`### ${code(item.name)}\n`, `${text}\n`]
  const head = headOf(item)
  if (head.length > 0) parts.push(`\`\`\`typescript\n${head.join('\n')}\n\`\`\`\n`)
  parts.push(...listOf(item.doc.tags.map(renderTag)))
  if (item.kind === 'class') parts.push(...listOf(item.constructorDoc.tags.map(renderTag)))
  if (item.members !== undefined) parts.push(...renderMembers(item, context))
  return parts.join('\n')
}

function headOf(item) {
  switch (item.kind) {
    case 'function':
      return item.signatures.map(blockOf)
    case 'class':
      return item.constructors.map(blockOf)
    case 'interface':
      return item.calls.map(blockOf)
    default:
      return [SHORT_FORMS[`${item.owner}:${item.name}`] ?? item.text.replace(/^export (declare )?/, '')]
  }
}

/** Longest signature on one line. */
const LINE_LENGTH_MAX = 100

/** One line, or one per parameter if that would be too long. */
function blockOf(signature) {
  const line = lineOf(signature)
  if (line.length <= LINE_LENGTH_MAX) return line
  const { name, parameters, result } = signature
  return `${name}(\n${parameters.map((parameter) => `  ${parameter},\n`).join('')})${result}`
}

function lineOf({ name, parameters, result }) {
  return `${name}(${parameters.join(', ')})${result}`
}

/** For values whose inferred type is not readable. */
const SHORT_FORMS = {
  'core:STATUSES': 'STATUSES: Record<Status, { code, retry, concurrency, errorName, summary, systemCodes }>',
  'fastify:dispatchPlugin': 'app.register(dispatchPlugin, options: DispatchPluginOptions)',
}

function renderTag({ name, text }) {
  if (name === 'throws') return `Throws ${inSentence(text.replace(/^\{(\w+)\} ?/, '`$1`: '))}`
  if (name === 'param') return text.replace(/^(\S+) - /, '`$1`: ')
  return `See ${text}`
}

/** With a lower-case initial, inside a sentence. */
function inSentence(text) {
  return text.replace(/^(`\w+`: )?([A-Z])(?=[a-z])/, (_, start = '', letter) => start + letter.toLowerCase())
}

function listOf(lines) {
  return lines.length === 0 ? [] : [`${lines.map((line) => `- ${line}`).join('\n')}\n`]
}

function renderMembers(item, context) {
  const { own, inherited } = membersOf(item, context)
  const properties = own.filter(({ kind }) => kind === 'property')
  const methods = own.filter(({ kind }) => kind === 'method')
  const parts = []
  if (properties.length > 0) {
    parts.push(isOptions(item) ? optionsTable(item, properties, context) : propertiesTable(properties))
  }
  if (methods.length > 0) parts.push(`${methods.map(renderMember).join('\n')}\n`)
  if (inherited.length > 0)
    parts.push(`And everything of ${inherited.map((name) => reference(name, context)).join(', ')}.\n`)
  return parts
}

/** Members to show, and the items of this page that show the others. Members of `Pick` and `Omit` are shown. */
function membersOf({ name, owner, bases, members }, { documented }) {
  const isShownElsewhere = ({ declaredIn, isBuiltIn }) =>
    isBuiltIn ||
    (declaredIn !== undefined &&
      declaredIn !== name &&
      (documented.has(`${owner}:${declaredIn}`) || documented.has(`core:${declaredIn}`)) &&
      !bases.some((base) => /^(Pick|Omit)</.test(base) && base.includes(`<${declaredIn},`)))
  const inherited = new Set(members.filter(isShownElsewhere).map(({ declaredIn }) => declaredIn))
  return { own: members.filter((member) => !isShownElsewhere(member)), inherited: [...inherited] }
}

/** The limits of a stored call are a record, not options of users. */
function isOptions({ name }) {
  return /(Options|Limits)$/.test(name) && name !== 'StoredCallOptions'
}

function optionsTable(item, properties, { problems }) {
  const rows = properties.map(({ name, type, isOptional, doc }) => {
    const { names, rest: described } = splitEnvironment(withTags(doc))
    const { value, rest } = splitDefault(described)
    if (isOptional && value === undefined) problems.push(`${item.name}.${name} does not say its default`)
    return { name: code(name), type: codeCell(type), value: isOptional ? value : 'required', names, rest }
  })
  const hasEnvironment = rows.some(({ names }) => names !== '')
  return table(
    ['option', 'type', 'default', ...(hasEnvironment ? ['environment'] : []), 'description'],
    rows.map(({ name, type, value, names, rest }) => [
      name,
      type,
      cell(value ?? ''),
      ...(hasEnvironment ? [names] : []),
      cell(rest),
    ]),
  )
}

function propertiesTable(properties) {
  return table(
    ['property', 'type', 'description'],
    properties.map(({ name, type, isOptional, doc }) => [
      code(isOptional ? `${name}?` : name),
      codeCell(type),
      cell(withTags(doc)),
    ]),
  )
}

/** Separates the default from a description: `Default 20 000.`, `Default: none; in Fastify `app.log`.` */
function splitDefault(text) {
  const match = /(?:^|(?<=[.] ))Default:? ((?:`[^`]*`|[^.`]|[.](?=\S))+)\.\s*/.exec(text)
  return match === null
    ? { value: undefined, rest: text }
    : { value: match[1].trim(), rest: text.replace(match[0], '').trim() }
}

/** Separates the environment variables from a description: `Environment: `DISPATCH_STORE`.` */
function splitEnvironment(text) {
  const match = /Environment: (`[^.]*`)\.\s*/.exec(text)
  return match === null
    ? { names: '', rest: text }
    : { names: match[1], rest: text.replace(match[0], '').trim() }
}

function renderMember({ kind, name, type, isStatic, isOptional, signatures, doc }) {
  const prefix = isStatic ? 'static ' : ''
  const heads = kind === 'method' ? signatures.map(lineOf) : [`${name}${isOptional ? '?' : ''}: ${type}`]
  const text = withTags(doc)
  return `- ${heads.map((head) => code(prefix + head)).join(', ')}${text === '' ? '' : `  \n  ${text}`}`
}

function withTags({ text, tags }) {
  const sentences = tags.map(renderTag).map((tag) => (/[.!?]$/.test(tag) ? tag : `${tag}.`))
  return [text, ...sentences]
    .filter((part) => part !== '')
    .join(' ')
    .replaceAll('\n', ' ')
}

/** A link to an item of this page, or a plain name. */
function reference(name, { documented }) {
  const isHere = [...documented].some((key) => key.endsWith(`:${name}`))
  return isHere ? `[${code(name)}](#${name.toLowerCase()})` : code(name)
}

function code(text) {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``
}

function codeCell(text) {
  return cell(code(text))
}

function cell(text) {
  return text.replaceAll('\n', ' ').replaceAll('|', '\\|')
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`.replaceAll('|  |', '| |').replaceAll('|  |', '| |')
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('')
}
