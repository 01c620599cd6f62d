import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-api'

/** The TypeScript files below a folder, without built and installed files. */
export function sourceFilesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return isLeftOut(entry.name) ? [] : sourceFilesIn(path)
      return entry.name.endsWith('.ts') ? [path] : []
    })
    .sort()
}

function isLeftOut(name) {
  return name.startsWith('.') || ['dist', 'bundle', 'node_modules'].includes(name)
}

export function parseSource(path, text = readFileSync(path, 'utf8')) {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
}

/**
 * Imports and re-exports of a file, and `import()` of a constant path, in source order. `isTypeOnly`: removed by the
 * compiler.
 */
export function importsOf(source) {
  const imports = []
  const visit = (node) => {
    const found = importOf(node)
    if (found !== undefined) imports.push(found)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return imports
}

function importOf(node) {
  if (ts.isImportDeclaration(node))
    return { specifier: node.moduleSpecifier.text, isTypeOnly: isTypeImport(node) }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { specifier: node.moduleSpecifier.text, isTypeOnly: isTypeExport(node) }
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return { specifier: node.argument.literal.text, isTypeOnly: true }
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments
    if (argument !== undefined && ts.isStringLiteralLike(argument)) {
      return { specifier: argument.text, isTypeOnly: false }
    }
  }
  return undefined
}

function isTypeImport({ importClause: clause }) {
  if (clause === undefined) return false
  if (clause.isTypeOnly) return true
  const bindings = clause.namedBindings
  return (
    clause.name === undefined && isAllTypes(bindings && ts.isNamedImports(bindings) ? bindings : undefined)
  )
}

function isTypeExport({ isTypeOnly, exportClause: clause }) {
  return isTypeOnly || isAllTypes(clause && ts.isNamedExports(clause) ? clause : undefined)
}

function isAllTypes(names) {
  return names !== undefined && names.elements.length > 0 && names.elements.every((name) => name.isTypeOnly)
}

/** Functions, methods, accessors and constructors that have a body in braces, with their length in lines. */
export function functionsOf(source) {
  const functions = []
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body !== undefined && ts.isBlock(node.body)) {
      const line = lineAt(source, node.getStart(source))
      functions.push({ name: nameOf(node), line, lines: lineAt(source, node.end) - line + 1 })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return functions
}

function lineAt(source, position) {
  return source.getLineAndCharacterOfPosition(position).line + 1
}

/** `Driver.submit`, `retryAtMs`, `new Driver`; a function without a name is named after its variable or call. */
function nameOf(node) {
  if (ts.isConstructorDeclaration(node)) return `new ${ownerOf(node)}`
  if (node.name !== undefined)
    return ts.isClassLike(node.parent) ? `${ownerOf(node)}.${node.name.getText()}` : node.name.getText()
  const { parent } = node
  if (
    ts.isVariableDeclaration(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isPropertyDeclaration(parent)
  ) {
    return parent.name.getText()
  }
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) {
    return `callback of ${parent.expression.getText().split('\n').at(-1).trim()}`
  }
  return 'function without a name'
}

function ownerOf({ parent }) {
  return parent.name?.getText() ?? 'class without a name'
}

/**
 * Numeric constants of a file by name: a number, or an object of numbers. Constants computed from other names are left out.
 */
export function constantsOf(source) {
  const constants = {}
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue
    for (const { name, initializer } of statement.declarationList.declarations) {
      const value = initializer && constantOf(initializer)
      if (value !== undefined && ts.isIdentifier(name)) constants[name.text] = value
    }
  }
  return constants
}

function constantOf(node) {
  if (!ts.isObjectLiteralExpression(node)) return numberOf(node)
  const entries = node.properties.flatMap((property) => {
    const value = ts.isPropertyAssignment(property) ? numberOf(property.initializer) : undefined
    return value === undefined ? [] : [[property.name.getText(), value]]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

const OPERATIONS = new Map([
  [ts.SyntaxKind.AsteriskToken, (a, b) => a * b],
  [ts.SyntaxKind.SlashToken, (a, b) => a / b],
  [ts.SyntaxKind.AsteriskAsteriskToken, (a, b) => a ** b],
])

function numberOf(node) {
  if (ts.isNumericLiteral(node)) return Number(node.text)
  if (ts.isBigIntLiteral(node)) return Number(node.text.slice(0, -1))
  if (!ts.isBinaryExpression(node)) return undefined
  const [left, right] = [numberOf(node.left), numberOf(node.right)]
  if (left === undefined || right === undefined) return undefined
  return OPERATIONS.get(node.operatorToken.kind)?.(left, right)
}
