/** The value that a schema made of the one it was given, or what is wrong with that: `.order: expected string, got 5`. */
export type Checked = { readonly value: unknown; readonly issue?: undefined } | { readonly issue: string }

/** A schema, ready to check values with. */
export interface SchemaCheck {
  check(value: unknown): Checked
  /** How a number goes onto the wire, where the schema says so. */
  readonly as?: 'integer' | 'number'
  /** The value is a `google.protobuf.Any` that is handed on as it is. */
  readonly isRaw: boolean
}
