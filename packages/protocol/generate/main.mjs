// Writes src/messages/gen from proto/: `pnpm generate`. With --check it writes nothing, and fails when a file is out of
// date.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf'
import {
  FileDescriptorSetSchema,
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt'
import { moduleOf, renderModule } from './render.mjs'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const BIN = join(PACKAGE, '../../node_modules/.bin')

/** Files in addition to our own and their imports: types of values. */
const MORE_FILES = [file_google_protobuf_empty, file_google_protobuf_struct, file_google_protobuf_wrappers]

const outdated = []
for (const { path, text } of modules()) {
  if (process.argv.includes('--check')) {
    if (readFileSync(path, 'utf8') !== text) outdated.push(path)
  } else {
    writeFileSync(path, text)
  }
}
if (outdated.length > 0)
  throw new Error(`outdated, run pnpm generate in packages/protocol: ${outdated.join(', ')}`)

/** One module for each package of .proto files. */
function modules() {
  const files = [...descriptors().files, ...MORE_FILES]
  const names = [...new Set(files.map((file) => file.proto.package))]
  return names.map((name) => {
    const path = join(PACKAGE, 'src/messages/gen', `${moduleOf(name)}.ts`)
    return { path, text: formatted(path, renderModule(name, files)) }
  })
}

function descriptors() {
  const bytes = execFileSync(join(BIN, 'buf'), ['build', '--as-file-descriptor-set', '-o', '-'], {
    cwd: PACKAGE,
  })
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes))
}

function formatted(path, text) {
  return execFileSync(join(BIN, 'biome'), ['format', `--stdin-file-path=${path}`], {
    cwd: join(PACKAGE, '../..'),
    input: text,
    encoding: 'utf8',
  })
}
