import {
  ArgumentsDraft,
  integerOfText,
  type PickleMachine,
  PythonName,
  UnreadPickle,
} from './pickle-machine.js'

/** The effect of an opcode. It never imports and never calls anything. */
export type PickleOpcode = (machine: PickleMachine) => void

/**
 * The opcodes that CPython writes for plain data in protocols 0 to 5, by their byte. `.` (stop) is not here, and
 * neither are those of {@link UNREAD_OPCODES}.
 *
 * Source: `pickletools.opcodes` of CPython.
 */
export const PICKLE_OPCODES: ReadonlyMap<number, PickleOpcode> = new Map([
  // Structure of the stream. Frames only help buffering.
  op('\x80', assertProtocol),
  op('\x95', (machine) => void machine.uint64()),
  op('(', (machine) => machine.mark()),
  op('0', (machine) => machine.popOrUnmark()),
  op('1', (machine) => void machine.popToMark()),
  op('2', (machine) => machine.push(machine.top())),

  // Memo.
  op('p', (machine) => machine.memo.set(Number(integerOfText(machine.line())), machine.top())),
  op('q', (machine) => machine.memo.set(machine.byte(), machine.top())),
  op('r', (machine) => machine.memo.set(machine.uint32(), machine.top())),
  op('\x94', (machine) => machine.memo.set(machine.memo.size, machine.top())),
  op('g', (machine) => machine.push(machine.recall(Number(integerOfText(machine.line()))))),
  op('h', (machine) => machine.push(machine.recall(machine.byte()))),
  op('j', (machine) => machine.push(machine.recall(machine.uint32()))),

  // None, bool, int, float.
  op('N', (machine) => machine.push(null)),
  op('\x88', (machine) => machine.push(true)),
  op('\x89', (machine) => machine.push(false)),
  op('I', (machine) => machine.push(integerOrBool(machine.line()))),
  op('K', (machine) => machine.push(machine.byte())),
  op('M', (machine) => machine.push(machine.uint16())),
  op('J', (machine) => machine.push(machine.int32())),
  op('L', (machine) => machine.push(integerOfText(machine.line().replace(/L$/, '')))),
  op('\x8a', (machine) => machine.push(machine.integer(machine.byte()))),
  op('\x8b', (machine) => machine.push(machine.integer(machine.uint32()))),
  op('F', (machine) => machine.push(floatOfText(machine.line()))),
  op('G', (machine) => machine.push(machine.double())),

  // str, bytes, bytearray.
  op('V', (machine) => machine.push(textOfEscapes(machine.line()))),
  op('\x8c', (machine) => machine.push(machine.text(machine.byte()))),
  op('X', (machine) => machine.push(machine.text(machine.uint32()))),
  op('\x8d', (machine) => machine.push(machine.text(machine.uint64()))),
  op('C', (machine) => machine.push(machine.data(machine.byte()))),
  op('B', (machine) => machine.push(machine.data(machine.uint32()))),
  op('\x8e', (machine) => machine.push(machine.data(machine.uint64()))),
  op('\x96', (machine) => machine.push(machine.data(machine.uint64()))),

  // list, tuple.
  op(']', (machine) => machine.push([])),
  op('l', (machine) => machine.push(machine.popToMark())),
  op('a', (machine) => append(machine, [machine.pop()])),
  op('e', (machine) => append(machine, machine.popToMark())),
  op(')', (machine) => machine.push([])),
  op('t', (machine) => machine.push(machine.popToMark())),
  op('\x85', (machine) => machine.push(machine.popMany(1))),
  op('\x86', (machine) => machine.push(machine.popMany(2))),
  op('\x87', (machine) => machine.push(machine.popMany(3))),

  // dict, set, frozenset.
  op('}', (machine) => machine.push(new Map())),
  op('d', (machine) => machine.push(setItems(new Map(), machine.popToMark()))),
  op('s', (machine) => {
    const items = machine.popMany(2)
    setItems(machine.top(), items)
  }),
  op('u', (machine) => {
    const items = machine.popToMark()
    setItems(machine.top(), items)
  }),
  op('\x8f', (machine) => machine.push(new Set())),
  op('\x90', addItems),
  op('\x91', (machine) => machine.push(new Set(machine.popToMark()))),

  // Objects, of the few kinds that are data.
  op('c', (machine) => machine.push(nameOf(machine.line(), machine.line()))),
  op('\x93', (machine) => {
    const [module, name] = machine.popMany(2)
    machine.push(nameOf(module, name))
  }),
  op('R', reduce),
  op('\x81', createObject),
  op('b', build),
])

/** Opcodes of CPython that are not read: byte strings of Python 2, persistent ids, the extension registry, buffers
 * outside the pickle, other ways to make objects. */
export const UNREAD_OPCODES = new Set(
  Array.from('STUPQ\x82\x83\x84io\x92\x97\x98', (char) => char.charCodeAt(0)),
)

/** The names that a pickle may hold. `set` and its like stand there in protocols that have no opcode for them. */
const READ_NAMES = new Set([
  'dispatch.proto.Arguments',
  ...['set', 'frozenset', 'bytes', 'bytearray'].flatMap((name) => [
    `builtins.${name}`,
    `__builtin__.${name}`,
  ]),
  '_codecs.encode',
])

function op(char: string, opcode: PickleOpcode): [number, PickleOpcode] {
  return [char.charCodeAt(0), opcode]
}

function assertProtocol(machine: PickleMachine): void {
  const version = machine.byte()
  if (version > 5) throw new UnreadPickle(`pickle protocol ${version}`)
}

function integerOrBool(line: string): number | bigint | boolean {
  if (line === '01') return true
  return line === '00' ? false : integerOfText(line)
}

function floatOfText(line: string): number {
  const text = line.replace(/^([+-]?)(?:inf|infinity)$/i, '$1Infinity')
  const value = Number(text)
  if (text === '' || (Number.isNaN(value) && !/^[+-]?nan$/i.test(text)))
    throw new TypeError('a float is malformed')
  return value
}

/** Python's raw-unicode-escape; CPython writes every backslash of the text as an escape. */
function textOfEscapes(line: string): string {
  return line.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short?: string, long?: string) =>
    String.fromCodePoint(Number.parseInt(short ?? long ?? '', 16)),
  )
}

function append(machine: PickleMachine, items: unknown[]): void {
  const list = machine.top()
  if (!Array.isArray(list)) throw new TypeError('expected a list to which an item is added')
  for (const item of items) list.push(item)
}

function setItems(dict: unknown, keysAndValues: unknown[]): unknown {
  if (!(dict instanceof Map)) throw new TypeError('expected a dict in which an item is set')
  if (keysAndValues.length % 2 !== 0) throw new RangeError('a key of a dict has no value')
  for (let index = 0; index < keysAndValues.length; index += 2) {
    dict.set(keysAndValues[index], keysAndValues[index + 1])
  }
  return dict
}

function addItems(machine: PickleMachine): void {
  const items = machine.popToMark()
  const set = machine.top()
  if (!(set instanceof Set)) throw new TypeError('expected a set to which an item is added')
  for (const item of items) set.add(item)
}

function nameOf(module: unknown, name: unknown): PythonName {
  const text = `${String(module)}.${String(name)}`
  if (!READ_NAMES.has(text)) throw new UnreadPickle(`the name ${text}`)
  return new PythonName(text)
}

/** Where CPython would call a builtin with its items, the items are taken. */
function reduce(machine: PickleMachine): void {
  const [name, args] = machine.popMany(2)
  if (!(name instanceof PythonName) || !Array.isArray(args))
    throw new TypeError('expected a name that is called')
  machine.push(valueOfCall(name.text.replace(/^(__builtin__|builtins)\./, ''), args))
}

function valueOfCall(name: string, [first, second, ...rest]: unknown[]): unknown {
  if (rest.length === 0 && second === undefined) {
    if ((name === 'set' || name === 'frozenset') && (first === undefined || Array.isArray(first)))
      return new Set(first)
    if (name === 'bytearray' && first instanceof Uint8Array) return first
    if ((name === 'bytes' || name === 'bytearray') && first === undefined) return new Uint8Array(0)
  }
  // How protocols below 3 write bytes and bytearrays.
  const isLatin1 =
    (name === '_codecs.encode' && second === 'latin1') || (name === 'bytearray' && second === 'latin-1')
  if (isLatin1 && typeof first === 'string' && rest.length === 0)
    return new Uint8Array(Buffer.from(first, 'latin1'))
  throw new UnreadPickle(`a call of ${name}`)
}

function createObject(machine: PickleMachine): void {
  const [name, args] = machine.popMany(2)
  const isArguments = name instanceof PythonName && name.text === 'dispatch.proto.Arguments'
  if (!isArguments || !Array.isArray(args) || args.length > 0) throw new UnreadPickle('an object')
  machine.push(new ArgumentsDraft())
}

function build(machine: PickleMachine): void {
  const state = machine.pop()
  const draft = machine.top()
  if (!(draft instanceof ArgumentsDraft) || !(state instanceof Map))
    throw new UnreadPickle('the state of an object')
  draft.state = state
}
