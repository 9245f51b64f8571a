/** A form of a page that was sent and refused, as its templates show it again. A form that wasn't sent has no state. */
export interface FormState {
  readonly sent: Readonly<Record<string, unknown>>;
  /** What is wrong with a field, in a sentence, by the field's name. */
  readonly errors: Readonly<Record<string, string>>;
}

/** The state of a form that was sent as `body` and refused. */
export const refusedForm = (body: unknown, errors: Readonly<Record<string, string>>): FormState => ({
  sent: Object(body) as Readonly<Record<string, unknown>>,
  errors,
});
