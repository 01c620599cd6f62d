import { dirname, join } from 'node:path'
import ts from 'typescript-api'

const OPTIONS = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ESNext,
  lib: ['lib.es2023.d.ts'],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
}

/**
 * `items`: the exports of entry points by `<package>:<name>`, with kind, documentation and members. `additions`: members that
 * a package adds to the types of a framework. Types are copied from the source.
 */
export function readApi(root, entryPoints) {
  const paths = Object.values(entryPoints).map((path) => join(root, path))
  const program = ts.createProgram(paths, OPTIONS)
  const checker = program.getTypeChecker()
  const items = new Map()
  const additions = new Map()
  for (const [owner, path] of Object.entries(entryPoints)) {
    const source = program.getSourceFile(join(root, path))
    for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(source))) {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported
      items.set(`${owner}:${exported.name}`, { name: exported.name, owner, ...itemOf(symbol, checker) })
    }
    const folder = dirname(join(root, path))
    additions.set(
      owner,
      program
        .getSourceFiles()
        .filter(({ fileName }) => fileName.startsWith(folder))
        .flatMap((file) => additionsOf(file, checker)),
    )
  }
  return { items, additions }
}

/** Members that a file adds to the types of a framework (`declare module`, `declare global`): `Request.dispatch` and its like. */
function additionsOf(source, checker) {
  const additions = []
  const visit = (node, isInside) => {
    if (isInside && ts.isInterfaceDeclaration(node)) {
      for (const { name } of node.members) {
        const member = checker.getSymbolAtLocation(name)
        additions.push({ ...memberOf(member, checker), name: `${node.name.text}.${member.name}` })
      }
    } else ts.forEachChild(node, (child) => visit(child, isInside || ts.isModuleDeclaration(node)))
  }
  visit(source, false)
  return additions
}

function itemOf(symbol, checker) {
  const declarations = symbol.declarations ?? []
  const doc = docOf(symbol, checker)
  const find = (is) => declarations.find(is)
  const alias = find(ts.isTypeAliasDeclaration)
  const variable = find(ts.isVariableDeclaration)
  const asInterface = find(ts.isInterfaceDeclaration)
  const asClass = find(ts.isClassDeclaration)
  const functions = declarations.filter(ts.isFunctionDeclaration)
  if (asClass !== undefined) return { kind: 'class', doc, ...classOf(symbol, asClass, checker) }
  if (functions.length > 0) {
    const shown = functions.length > 1 ? functions.filter((one) => one.body === undefined) : functions
    return { kind: 'function', doc, signatures: shown.map(signatureOf) }
  }
  if (asInterface !== undefined)
    return { kind: 'interface', doc, ...interfaceOf(symbol, asInterface, checker) }
  if (alias !== undefined) return { kind: 'type', doc, text: textOf(alias) }
  if (variable !== undefined) return { kind: 'value', doc, text: variableText(symbol, variable, checker) }
  return { kind: 'value', doc, text: checker.typeToString(checker.getTypeOfSymbol(symbol)) }
}

const TAGS = new Set(['param', 'throws', 'see'])

/** A comment in parts: prose, and tags such as `@throws` in their order. */
function docOf(symbol, checker) {
  const tags = symbol
    .getJsDocTags(checker)
    .filter(({ name }) => TAGS.has(name))
    .map(({ name, text }) => ({ name, text: proseOf(text ?? []) }))
  return { text: proseOf(symbol.getDocumentationComment(checker)), tags }
}

/** `{@link name}` becomes code; line breaks within a paragraph are removed. */
function proseOf(parts) {
  return ts
    .displayPartsToString(parts)
    .replace(/\{@link\s+([^\s}|]+)[^}]*\}/g, '`$1`')
    .replace(/\n(?!\n|\s*[-*\d])(?<!\n\n)/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
}

function interfaceOf(symbol, declaration, checker) {
  const bases = (declaration.heritageClauses ?? []).flatMap(({ types }) => types.map(textOf))
  const members = checker
    .getDeclaredTypeOfSymbol(symbol)
    .getProperties()
    .map((member) => memberOf(member, checker))
    .filter(({ name }) => !name.startsWith('__'))
  const calls = declaration.members.filter(ts.isCallSignatureDeclaration).map(signatureOf)
  return { bases, members, calls }
}

function classOf(symbol, declaration, checker) {
  const isPublic = (node) =>
    (ts.getCombinedModifierFlags(node) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0 &&
    !(node.name !== undefined && ts.isPrivateIdentifier(node.name))
  const symbols = [...(symbol.members?.values() ?? []), ...(symbol.exports?.values() ?? [])]
  const members = symbols
    .filter(({ declarations }) => declarations?.some((node) => ts.isClassElement(node) && isPublic(node)))
    .filter(({ declarations }) => !declarations?.some(ts.isConstructorDeclaration))
    .map((member) => memberOf(member, checker))
    .filter(({ name }) => !name.startsWith('__') && name !== 'prototype')
  const constructors = declaration.members.filter(
    (node) => ts.isConstructorDeclaration(node) && !isInternal(node),
  )
  const shown = constructors.length > 1 ? constructors.filter((one) => one.body === undefined) : constructors
  const made = symbol.members?.get('__constructor')
  return {
    bases: (declaration.heritageClauses ?? []).flatMap(({ types }) => types.map(textOf)),
    constructors: shown.map((one) => ({ ...signatureOf(one), name: `new ${symbol.name}` })),
    constructorDoc: made === undefined ? { text: '', tags: [] } : docOf(made, checker),
    members,
  }
}

function isInternal(node) {
  return ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal')
}

function memberOf(symbol, checker) {
  const [declaration] = symbol.declarations ?? []
  const doc = docOf(symbol, checker)
  const isStatic =
    declaration !== undefined && (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Static) !== 0
  const declaredIn = declaration?.parent.name?.text
  const isBuiltIn = /\/lib\.[\w.]+\.d\.ts$/.test(declaration?.getSourceFile().fileName ?? '')
  if (
    declaration !== undefined &&
    (ts.isMethodSignature(declaration) || ts.isMethodDeclaration(declaration))
  ) {
    const overloads = symbol.declarations.filter((one) => one.body === undefined)
    const shown = overloads.length > 0 ? overloads : symbol.declarations
    return {
      kind: 'method',
      name: symbol.name,
      declaredIn,
      isBuiltIn,
      isStatic,
      signatures: shown.map(signatureOf),
      doc,
    }
  }
  const isOptional = (symbol.flags & ts.SymbolFlags.Optional) !== 0
  const type =
    declaration?.type === undefined
      ? checker.typeToString(checker.getTypeOfSymbol(symbol))
      : textOf(declaration.type)
  return {
    kind: 'property',
    name: symbol.name,
    declaredIn,
    isBuiltIn,
    isStatic,
    isOptional,
    type: withoutUndefined(type),
    doc,
  }
}

/** Every option may be `undefined`, which means that it is absent. */
function withoutUndefined(type) {
  return type.replace(/ \| undefined$/, '')
}

/** A head without a body, in parts: `func<Input>`, its parameters, `: Made<Input>`. */
function signatureOf(node) {
  const name = node.name === undefined ? '' : textOf(node.name)
  const generics = node.typeParameters === undefined ? '' : `<${node.typeParameters.map(textOf).join(', ')}>`
  return {
    name: name + generics,
    parameters: node.parameters.map(parameterText),
    result: node.type === undefined ? '' : `: ${textOf(node.type)}`,
  }
}

/** A default value makes a parameter optional, and is left out. */
function parameterText(node) {
  const rest = node.dotDotDotToken === undefined ? '' : '...'
  const optional = node.questionToken === undefined && node.initializer === undefined ? '' : '?'
  const name = ts.isIdentifier(node.name) ? node.name.text : 'options'
  return `${rest}${name}${optional}${node.type === undefined ? '' : `: ${textOf(node.type)}`}`
}

function variableText(symbol, declaration, checker) {
  if (declaration.type !== undefined) return `${symbol.name}: ${textOf(declaration.type)}`
  const type = checker.getTypeOfSymbolAtLocation(symbol, declaration)
  return `${symbol.name}: ${checker.typeToString(type, declaration, ts.TypeFormatFlags.NoTruncation)}`
}

/** Source on one line, without comments; members on separate lines are separated by semicolons. */
function textOf(node) {
  return node
    .getText()
    .replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g, '')
    .replaceAll(/(?<=[\w\])}>'"])\s*\n\s*(?=[\w'"[])/g, '; ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('= |', '=')
    .replace(/;$/, '')
    .trim()
}
