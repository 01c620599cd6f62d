const MESSAGE = 4
const ENUM = 5
const MEMBER = 2

/**
 * The comment of a message, a field, an enum or one of its values in its .proto file, as a doc comment with a line break;
 * empty when there is none. Comments of the files of other projects are left out.
 */
export function commentOf(desc) {
  const { file, path } = placeOf(desc)
  if (!file.proto.package.startsWith('dispatch.')) return ''
  const location = file.proto.sourceCodeInfo?.location.find((it) => it.path.join() === path.join())
  const lines = (location?.leadingComments ?? '')
    .trim()
    .split('\n')
    .map((line) => line.trim())
  if (lines[0] === '') return ''
  return lines.length === 1
    ? `/** ${lines[0]} */\n`
    : `/**\n${lines.map((line) => ` * ${line}`).join('\n')}\n */\n`
}

function placeOf(desc) {
  switch (desc.kind) {
    case 'message':
      return { file: desc.file, path: [MESSAGE, desc.file.messages.indexOf(desc)] }
    case 'enum':
      return { file: desc.file, path: [ENUM, desc.file.enums.indexOf(desc)] }
    default: {
      const isField = desc.kind === 'field'
      const place = placeOf(desc.parent)
      const index = isField ? desc.parent.fields.indexOf(desc) : desc.parent.values.indexOf(desc)
      return { file: place.file, path: [...place.path, MEMBER, index] }
    }
  }
}
