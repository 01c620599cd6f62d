import {
  type BareItem,
  type Dictionary,
  isInnerList,
  parseDictionary,
  serializeInnerList,
} from 'structured-headers'
import { headerOf, type UnaryHeaders } from '../connect/unary.js'
import { quote } from '../text/shorten.js'
import { parseByteSequences } from './byte-sequences.js'
import { failed, type VerificationFailure } from './failure.js'

/** One signature of a request, with a label of its own. */
export interface SignatureEntry {
  /** Names of what it covers, in the order in which it was signed. */
  readonly components: readonly string[]
  readonly parameters: ReadonlyMap<string, BareItem>
  /** The list of components with its parameters, as it was signed. */
  readonly parametersText: string
  readonly signature: Uint8Array
}

/** The parameters of a signature in `signature-input`. */
type SignatureInput = Omit<SignatureEntry, 'signature'>

/**
 * The signatures of a request: for each label an entry or a failure. A single failure when the header fields are absent
 * or cannot be parsed. Never throws.
 */
export function parseSignatures(
  headers: UnaryHeaders,
): (SignatureEntry | VerificationFailure)[] | VerificationFailure {
  const inputHeader = headerOf(headers, 'signature-input')
  const signatureHeader = headerOf(headers, 'signature')
  if (inputHeader === undefined && signatureHeader === undefined) {
    return failed(401, 'missing request signature')
  }
  if (inputHeader === undefined) return failed(401, 'missing header field "signature-input"')
  if (signatureHeader === undefined) return failed(401, 'missing header field "signature"')
  const inputs = parseInputs(inputHeader)
  if ('status' in inputs) return inputs
  const signatures = parseByteSequences(signatureHeader)
  if (signatures === undefined) return failed(401, 'malformed header field "signature"')
  return [...inputs].map(([label, input]) => entryOf(label, input, signatures))
}

/** Maximum number of signatures per request: each costs time to verify, and this is enough for ours and a few proxies. */
const SIGNATURES_MAX = 4

/** A header field's name, or that of a derived component; in lower case (RFC 9421 section 2). */
const COMPONENT_PATTERN = /^@?[a-z0-9!#$%&'*+.^_`|~-]+$/

type Inputs = ReadonlyMap<string, SignatureInput | VerificationFailure>

/** The last `signature-input` and what it says: it is the same for all that a scheduler signs within a second. */
let last: { readonly header: string; readonly inputs: Inputs } | undefined

function parseInputs(header: string): Inputs | VerificationFailure {
  if (last?.header === header) return last.inputs
  const members = dictionaryOf(header)
  if (members === undefined || members.size === 0) {
    return failed(401, 'malformed header field "signature-input"')
  }
  if (members.size > SIGNATURES_MAX) return failed(401, `more than ${SIGNATURES_MAX} signatures`)
  const inputs = new Map([...members].map(([label, member]) => [label, inputOf(label, member)]))
  last = { header, inputs }
  return inputs
}

type Member = Dictionary extends Map<string, infer Value> ? Value : never

function inputOf(label: string, member: Member): SignatureInput | VerificationFailure {
  const malformed = failed(401, `malformed signature ${quote(label)}`)
  if (!isInnerList(member)) return malformed
  const components: string[] = []
  for (const [name, parameters] of member[0]) {
    if (typeof name !== 'string' || !COMPONENT_PATTERN.test(name) || components.includes(name))
      return malformed
    // None of these is used by any peer, and each is a chance to get the base wrong.
    if (parameters.size > 0)
      return failed(401, `component ${quote(name)} has parameters, which is not supported`)
    components.push(name)
  }
  try {
    return { components, parameters: member[1], parametersText: serializeInnerList(member) }
  } catch {
    return malformed
  }
}

function entryOf(
  label: string,
  input: SignatureInput | VerificationFailure,
  signatures: ReadonlyMap<string, Uint8Array | undefined>,
): SignatureEntry | VerificationFailure {
  if (!signatures.has(label)) {
    return failed(401, `header field "signature" has no label ${quote(label)} of "signature-input"`)
  }
  if ('status' in input) return input
  const signature = signatures.get(label)
  return signature === undefined
    ? failed(401, `malformed signature ${quote(label)}`)
    : { ...input, signature }
}

function dictionaryOf(header: string): Dictionary | undefined {
  try {
    return parseDictionary(header)
  } catch {
    return undefined
  }
}
