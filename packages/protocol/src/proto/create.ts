import type { Field, Message, MessageInit, MessageSchema } from './message.js'

/**
 * A message of this type. A message of the type is returned unchanged; from any other object its fields are copied and
 * other properties ignored.
 */
export function create<Shape extends Message>(
  schema: MessageSchema<Shape>,
  init?: MessageInit<NoInfer<Shape>>,
): Shape {
  if (init === undefined) return schema.empty()
  if (isMessage(init, schema)) return init
  const message = schema.empty() as Properties
  const given = init as Readonly<Properties>
  for (const field of schema.fields) {
    const { key, oneof } = field
    if (oneof !== undefined) {
      const choice = given[oneof] as Choice | undefined
      if (choice?.case === key) message[oneof] = { case: key, value: contentOf(field, choice.value) }
    } else {
      const content = given[key]
      if (content !== undefined && content !== null) message[key] = contentsOf(field, content)
    }
  }
  return message as Shape
}

/** Whether `value` is, or looks like, a message of this type; made by protobuf-es, too. */
export function isMessage<Shape extends Message>(
  value: unknown,
  schema: MessageSchema<Shape>,
): value is Shape {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { $typeName?: unknown }).$typeName === schema.typeName
  )
}

type Properties = Record<string, unknown>
type Choice = { readonly case: string; readonly value: unknown }

function contentsOf(field: Field, content: unknown): unknown {
  if (field.shape === 'list') return (content as readonly unknown[]).map((item) => contentOf(field, item))
  if (field.shape !== 'map') return contentOf(field, content)
  const entries = Object.entries(content as Properties)
  return Object.fromEntries(entries.map(([key, item]) => [key, contentOf(field, item)]))
}

function contentOf({ type }: Field, content: unknown): unknown {
  return type === undefined ? content : create(type(), content as MessageInit<Message>)
}
