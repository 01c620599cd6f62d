import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createRegistry, type DescFile, type DescMessage } from '@bufbuild/protobuf'
import {
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt'
import { SCHEMAS as API_SCHEMAS } from '../../dist/messages/gen/dispatch-api-v1.js'
import { SCHEMAS as NODE_SCHEMAS } from '../../dist/messages/gen/dispatch-sdk-node-v1.js'
import { SCHEMAS as PYTHON_SCHEMAS } from '../../dist/messages/gen/dispatch-sdk-python-v1.js'
import { SCHEMAS as SDK_SCHEMAS } from '../../dist/messages/gen/dispatch-sdk-v1.js'
import { SCHEMAS as GOOGLE_SCHEMAS } from '../../dist/messages/gen/google-protobuf.js'
import type { MessageRegistry, MessageSchema } from '../../dist/proto/message.js'

/** All types, as protobuf-es describes them: the reference. */
export const REFERENCE = createRegistry(
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  ...(await generatedFiles()),
)

/** The descriptors of all our .proto files. */
async function generatedFiles(): Promise<DescFile[]> {
  const folder = join(import.meta.dirname, '../gen')
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('_pb.js'),
  )
  const modules = await Promise.all(
    paths.map((path) => import(join(folder, path)) as Promise<Record<string, unknown>>),
  )
  return modules.flatMap((module) =>
    Object.keys(module).flatMap((name) => (name.startsWith('file_') ? [module[name] as DescFile] : [])),
  )
}

/** All types, as we describe them. */
export const OWN: MessageRegistry = new Map(
  [...GOOGLE_SCHEMAS, ...SDK_SCHEMAS, ...API_SCHEMAS, ...NODE_SCHEMAS, ...PYTHON_SCHEMAS].map((schema) => [
    schema.typeName,
    schema,
  ]),
)

/** Every type twice. */
export const PAIRS: readonly {
  readonly name: string
  readonly reference: DescMessage
  readonly own: MessageSchema
}[] = [...REFERENCE]
  .filter((desc): desc is DescMessage => desc.kind === 'message')
  .map((reference) => ({
    name: reference.typeName,
    reference,
    own: OWN.get(reference.typeName) as MessageSchema,
  }))
