/** The value after validation, or its problem: `.order: expected string, got 5`. */
export type Checked = { readonly value: unknown; readonly issue?: undefined } | { readonly issue: string }

/** A schema, ready to check values with. */
export interface SchemaCheck {
  check(value: unknown): Checked
  /** The encoding of a number, if the schema decides it. */
  readonly as?: 'integer' | 'number'
  /** False while the library of the schema is being loaded: `check` then accepts every value. */
  readonly isReady: boolean
  /** The value is a `google.protobuf.Any` that is passed on unchanged. */
  readonly isRaw: boolean
}
