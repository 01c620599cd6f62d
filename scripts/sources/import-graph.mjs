import { dirname, relative, resolve, sep } from 'node:path'
import { importsOf, parseSource, sourceFilesIn } from './read-source.mjs'

/** Imports between the files below a folder: `[{ from, to, isTypeOnly }]`, with paths relative to the folder. */
export function fileImportsIn(folder) {
  return sourceFilesIn(folder).flatMap((path) =>
    importsOf(parseSource(path))
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, isTypeOnly }) => ({
        from: relativeTo(folder, path),
        to: relativeTo(folder, resolve(dirname(path), specifier.replace(/\.js$/, '.ts'))),
        isTypeOnly,
      })),
  )
}

function relativeTo(folder, path) {
  return relative(folder, path).split(sep).join('/')
}

/**
 * The graph of the entries of a folder, files and folders: which entry imports which. Imports within an entry, and those
 * across the border of the folder, are left out.
 *
 * @param inside - The folder, relative to the one whose imports were read; empty: that one.
 */
export function entryGraph(files, imports, inside = '') {
  const prefix = inside === '' ? '' : `${inside}/`
  const entryOf = (path) => (path.startsWith(prefix) ? path.slice(prefix.length).split('/')[0] : undefined)
  const entries = new Set(files.map(entryOf).filter((entry) => entry !== undefined))
  const graph = new Map([...entries].sort().map((entry) => [entry, new Set()]))
  for (const { from, to } of imports) {
    const [source, target] = [entryOf(from), entryOf(to)]
    if (source === undefined || target === undefined || source === target) continue
    graph.get(source)?.add(target)
  }
  return graph
}

/** Imports between the entries of a graph, each pair once. */
export function arrowsOf(graph) {
  return [...graph].flatMap(([from, targets]) => [...targets].map((to) => ({ from, to })))
}

/** Groups of nodes that import each other in a ring. */
export function ringsOf(graph) {
  return componentsOf(graph).filter((nodes) => nodes.length > 1)
}

/**
 * Nodes by floor. The first floor has the nodes that import no other; each further floor those that import a node of the
 * floor below it. Nodes of one ring share a floor.
 */
export function floorsOf(graph) {
  const components = componentsOf(graph)
  const componentOf = new Map(components.flatMap((nodes) => nodes.map((node) => [node, nodes])))
  const heights = new Map()
  // A component comes after those that it reaches, so their heights are known.
  for (const nodes of components) {
    const below = nodes
      .flatMap((node) => [...graph.get(node)])
      .map((target) => componentOf.get(target))
      .filter((target) => target !== nodes)
    heights.set(nodes, Math.max(-1, ...below.map((target) => heights.get(target))) + 1)
  }
  const floors = []
  for (const [nodes, height] of heights) {
    floors[height] ??= []
    floors[height].push(...nodes)
  }
  return floors.map((nodes) => nodes.sort())
}

/** Strongly connected components (Tarjan), each after the components that it reaches. */
function componentsOf(graph) {
  const indexes = new Map()
  const lows = new Map()
  const stack = []
  const components = []
  const visit = (node) => {
    indexes.set(node, indexes.size)
    lows.set(node, indexes.get(node))
    stack.push(node)
    for (const next of graph.get(node)) {
      if (!indexes.has(next)) {
        visit(next)
        lows.set(node, Math.min(lows.get(node), lows.get(next)))
      } else if (stack.includes(next)) lows.set(node, Math.min(lows.get(node), indexes.get(next)))
    }
    if (lows.get(node) === indexes.get(node)) components.push(stack.splice(stack.indexOf(node)))
  }
  for (const node of graph.keys()) if (!indexes.has(node)) visit(node)
  return components
}

/** The folders that contain sources, relative to the root of the files; the root is empty. */
export function foldersOf(files) {
  const folders = new Set([''])
  for (const file of files) {
    for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) folders.add(folder)
  }
  return [...folders].sort()
}

export function filesIn(folder) {
  return sourceFilesIn(folder).map((path) => relativeTo(folder, path))
}
