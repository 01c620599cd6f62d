import { ScalarType } from '@bufbuild/protobuf'
import { commentOf } from './comments.mjs'

/** For each scalar type: its type and its zero in messages, its wire type, and its name in `src/proto`. */
const SCALARS = {
  [ScalarType.BOOL]: { kind: 'bool', type: 'boolean', zero: 'false', wireType: 0 },
  [ScalarType.BYTES]: { kind: 'bytes', type: 'Uint8Array', zero: 'NO_BYTES', wireType: 2 },
  [ScalarType.DOUBLE]: { kind: 'double', type: 'number', zero: '0', wireType: 1 },
  [ScalarType.FLOAT]: { kind: 'float', type: 'number', zero: '0', wireType: 5 },
  [ScalarType.INT32]: { kind: 'int32', type: 'number', zero: '0', wireType: 0 },
  [ScalarType.INT64]: { kind: 'int64', type: 'bigint', zero: '0n', wireType: 0 },
  [ScalarType.STRING]: { kind: 'string', type: 'string', zero: "''", wireType: 2 },
  [ScalarType.UINT32]: { kind: 'uint32', type: 'number', zero: '0', wireType: 0 },
  [ScalarType.UINT64]: { kind: 'uint64', type: 'bigint', zero: '0n', wireType: 0 },
}

/** Types whose names are taken. */
const NAMES = { 'dispatch.sdk.v1.Error': 'WireError', 'google.protobuf.Duration': 'WireDuration' }

/**
 * The TypeScript of one package of .proto files: for each message its type and its schema, with the code that reads
 * and writes it. Code rather than tables, because then the objects of a type have one hidden class and their
 * properties are accessed directly.
 *
 * @param {string} packageName - Such as `dispatch.sdk.v1`.
 * @param {readonly import('@bufbuild/protobuf').DescFile[]} files - May include files of other packages.
 */
export function renderModule(packageName, files) {
  const own = files.filter((file) => file.proto.package === packageName)
  const imports = new Imports(packageName)
  const enums = own.flatMap((file) => file.enums.map(renderEnum))
  const messages = own.flatMap((file) => file.messages.map((message) => renderMessage(message, imports)))
  return [
    `// Generated from the .proto files of ${packageName} by generate/main.mjs. Do not edit: pnpm generate.`,
    imports.render(),
    ...enums,
    ...messages,
    `/** All schemas of this file. */\nexport const SCHEMAS: readonly MessageSchema[] = [${own
      .flatMap((file) => file.messages)
      .map((message) => `${nameOf(message)}Schema`)
      .join(', ')}]`,
  ].join('\n\n')
}

/** The module of a package, without its ending. */
export function moduleOf(packageName) {
  return packageName.replaceAll('.', '-')
}

/** Collects the names that a module refers to. */
class Imports {
  #packageName
  #names = new Map()

  constructor(packageName) {
    this.#packageName = packageName
    this.runtime('message', 'type Message')
    this.runtime('message', 'type MessageSchema')
  }

  runtime(module, name) {
    return this.#add(`../../proto/${module}.js`, name)
  }

  /** A name that belongs to a message or an enum. */
  ofDesc(desc, name) {
    const { package: packageName } = desc.file.proto
    return packageName === this.#packageName ? name : this.#add(`./${moduleOf(packageName)}.js`, name)
  }

  render() {
    return [...this.#names]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([module, names]) =>
        importOf(
          module,
          [...names].sort((a, b) => (bare(a) < bare(b) ? -1 : 1)),
        ),
      )
      .join('\n')
  }

  #add(module, name) {
    const names = this.#names.get(module) ?? new Set()
    this.#names.set(module, names.add(name))
    return bare(name)
  }
}

function importOf(module, names) {
  return names.every((name) => name.startsWith('type '))
    ? `import type { ${names.map(bare).join(', ')} } from '${module}'`
    : `import { ${names.join(', ')} } from '${module}'`
}

function bare(name) {
  return name.replace(/^type /, '')
}

function nameOf(desc) {
  return NAMES[desc.typeName] ?? desc.name
}

function renderEnum(desc) {
  const values = desc.values.map((value) => `${commentOf(value)}${value.localName}: ${value.number},`)
  const names = desc.values.map((value) => `${value.number}: '${value.name}',`)
  return `${commentOf(desc)}export const ${desc.name} = {\n${values.join('\n')}\n} as const

/** The names of the numbers in JSON. */
export const ${namesOf(desc)}: Readonly<Record<number, string>> = {\n${names.join('\n')}\n}`
}

function namesOf(desc) {
  return `${desc.name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}_NAMES`
}

function renderMessage(desc, imports) {
  const { typeName } = desc
  const name = nameOf(desc)
  const fields = [...desc.fields].sort((a, b) => a.number - b.number)
  const zeros = desc.members.map((member) => zeroOf(member, imports)).filter((zero) => zero !== undefined)
  const writeUnknown = imports.runtime('write-fields', 'writeUnknown')
  return `${commentOf(desc)}export interface ${name} extends Message<'${typeName}'> {
${desc.members.map((member) => renderMember(member, imports)).join('\n')}
}

export const ${name}Schema: MessageSchema<${name}> = {
  typeName: '${typeName}',
  fields: [${fields.map((field) => renderRow(field, imports)).join('\n')}],
  empty: () => ({ ${[`$typeName: '${typeName}'`, ...zeros].join(', ')} }),
  write(writer, message) {
    ${renderWrites(desc, fields, imports)}
    ${writeUnknown}(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      ${renderSwitch(fields, imports)}
    }
  },
}`
}

function renderMember(member, imports) {
  if (member.kind === 'oneof') {
    const cases = member.fields.map(
      (it) => `${commentOf(it)}| { case: '${it.localName}'; value: ${typeOf(it, imports)} }`,
    )
    return `${member.localName}:\n${cases.join('\n')}\n| { case: undefined; value?: undefined }`
  }
  const type = typeOf(member, imports)
  const isOptional = member.fieldKind === 'message'
  const text = {
    list: `${member.localName}: ${type}[]`,
    map: `${member.localName}: { [key: string]: ${type} }`,
  }[member.fieldKind]
  return `${commentOf(member)}${text ?? `${member.localName}${isOptional ? '?' : ''}: ${type}${isOptional ? ' | undefined' : ''}`}`
}

function typeOf(field, imports) {
  if (field.message === undefined) return scalarOf(field).type
  const name = nameOf(field.message)
  imports.ofDesc(field.message, `type ${name}`)
  return name
}

/** Also of a message or an enum: a row of `SCALARS`. */
function scalarOf(field) {
  if (field.message !== undefined) return { kind: 'message', wireType: 2 }
  if (field.enum !== undefined) return { ...SCALARS[ScalarType.INT32], kind: 'enum' }
  const row = SCALARS[field.scalar]
  if (row === undefined) throw new Error(`${field}: there is no code for this type yet`)
  return row
}

function zeroOf(member, imports) {
  if (member.kind === 'oneof') return `${member.localName}: { case: undefined }`
  if (member.fieldKind === 'list') return `${member.localName}: []`
  if (member.fieldKind === 'map') return `${member.localName}: {}`
  if (member.fieldKind === 'message') return undefined
  const { zero } = scalarOf(member)
  return `${member.localName}: ${zero === 'NO_BYTES' ? imports.runtime('message', zero) : zero}`
}

function renderRow(field, imports) {
  const parts = [
    `no: ${field.number}`,
    `name: '${field.name}'`,
    `key: '${field.localName}'`,
    `kind: '${scalarOf(field).kind}'`,
  ]
  if (field.fieldKind === 'list' || field.fieldKind === 'map') parts.push(`shape: '${field.fieldKind}'`)
  if (field.oneof !== undefined) parts.push(`oneof: '${field.oneof.localName}'`)
  if (field.message !== undefined) parts.push(`type: () => ${schemaOf(field, imports)}`)
  if (field.enum !== undefined) parts.push(`names: ${imports.ofDesc(field.enum, namesOf(field.enum))}`)
  return `{ ${parts.join(', ')} },`
}

function schemaOf(field, imports) {
  return imports.ofDesc(field.message, `${nameOf(field.message)}Schema`)
}

/** Name of a kind of field in `src/proto`: `Uint32` in `writeUint32`; in the reader `uint32`. */
function methodOf(field) {
  const { kind } = scalarOf(field)
  return kind === 'enum' ? 'int32' : kind
}

function functionOf(verb, field, imports) {
  const method = methodOf(field)
  return imports.runtime('write-fields', `${verb}${method[0].toUpperCase()}${method.slice(1)}`)
}

function tagOf(field, wireType = scalarOf(field).wireType) {
  return `0x${(field.number * 8 + wireType).toString(16).padStart(2, '0')}`
}

function renderWrites(desc, fields, imports) {
  const oneofs = desc.oneofs.map((oneof) => oneof.localName)
  const taken = oneofs.length === 0 ? '' : `const { ${oneofs.join(', ')} } = message\n`
  return taken + fields.map((field) => renderWrite(field, imports)).join('\n')
}

function renderWrite(field, imports) {
  const tag = tagOf(field, field.packed ? 2 : undefined)
  const content = `message.${field.localName}`
  if (field.fieldKind === 'map') {
    return `${imports.runtime('write-fields', 'writeMap')}(writer, ${tag}, ${schemaOf(field, imports)}, ${content})`
  }
  const put = (value) =>
    field.message === undefined
      ? `${functionOf('put', field, imports)}(writer, ${tag}, ${value})`
      : `${imports.runtime('write-fields', 'writeMessage')}(writer, ${tag}, ${schemaOf(field, imports)}, ${value})`
  if (field.packed) {
    const writeItem = `(out, value) => out.${methodOf(field)}(value)`
    return `${imports.runtime('write-fields', 'writePacked')}(writer, ${tag}, ${content}, ${writeItem})`
  }
  if (field.fieldKind === 'list') return `for (const item of ${content}) ${put('item')}`
  if (field.oneof !== undefined) {
    const oneof = field.oneof.localName
    return `if (${oneof}.case === '${field.localName}') ${put(`${oneof}.value`)}`
  }
  return field.message === undefined
    ? `${functionOf('write', field, imports)}(writer, ${tag}, ${content})`
    : put(content)
}

function renderSwitch(fields, imports) {
  const unknown = 'reader.unknown(tag, message)'
  if (fields.length === 0) return unknown
  const cases = fields.flatMap((field) => renderCases(field, imports))
  return `switch (tag) {\n${cases.join('\n')}\ndefault:\n${unknown}\n}`
}

function renderCases(field, imports) {
  const content = `message.${field.localName}`
  const one = (statement) => `case ${tagOf(field)}:\n${statement}\nbreak`
  if (field.fieldKind === 'map') return [one(`reader.mapEntry(${schemaOf(field, imports)}, ${content})`)]
  const read = (target) =>
    field.message === undefined
      ? `reader.${methodOf(field)}()`
      : `reader.message(${schemaOf(field, imports)}${target === undefined ? '' : `, ${target}`})`
  if (field.oneof !== undefined) {
    const oneof = `message.${field.oneof.localName}`
    const target = `${oneof}.case === '${field.localName}' ? ${oneof}.value : undefined`
    return [one(`${oneof} = { case: '${field.localName}', value: ${read(target)} }`)]
  }
  if (field.fieldKind !== 'list') return [one(`${content} = ${read(content)}`)]
  const push = `${content}.push(${read()})`
  const isNumber = field.message === undefined && scalarOf(field).wireType !== 2
  const packed = `case ${tagOf(field, 2)}:\nfor (const last = reader.partEnd(); reader.before(last); ) ${push}\nbreak`
  return isNumber ? [one(push), packed] : [one(push)]
}
