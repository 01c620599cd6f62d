import type { SourceFile } from 'typescript-api'

export interface Import {
  readonly specifier: string
  readonly isTypeOnly: boolean
}

export interface FileImport {
  readonly from: string
  readonly to: string
  readonly isTypeOnly: boolean
}

/** Which entries of a folder import which. */
export type EntryGraph = Map<string, Set<string>>

export function sourceFilesIn(folder: string): string[]
/** @param text - What stands in the file, if that need not be read. */
export function parseSource(path: string, text?: string): SourceFile
export function importsOf(source: SourceFile): Import[]
export function functionsOf(source: SourceFile): { name: string; line: number; lines: number }[]
export function constantsOf(source: SourceFile): Record<string, number | Record<string, number>>
export function filesIn(folder: string): string[]
export function fileImportsIn(folder: string): FileImport[]
export function foldersOf(files: readonly string[]): string[]
export function entryGraph(
  files: readonly string[],
  imports: readonly FileImport[],
  inside?: string,
): EntryGraph
export function arrowsOf(graph: EntryGraph): { from: string; to: string }[]
export function floorsOf(graph: EntryGraph): string[][]
export function ringsOf(graph: EntryGraph): string[][]
