/**
 * The state of a form's fields: what was sent and why it was refused, or the page's own values when nothing was sent.
 */
export interface FormState {
  /** The text of a field. */
  value(name: string, otherwise?: string): string;
  /** Whether a box is ticked or an option chosen. */
  has(name: string, value: string, otherwise?: boolean): boolean;
  /** What is wrong with a field, in a sentence. */
  error(name: string): string | undefined;
  /** Attributes of a field, as HTML: that it is wrong and which text says so; the first wrong field gets the focus. */
  marks(name: string): string;
  /** Whether this form was sent and refused. */
  readonly refused: boolean;
}

export const UNSENT: FormState = {
  value: (_name, otherwise = '') => otherwise,
  has: (_name, _value, otherwise = false) => otherwise,
  error: () => undefined,
  marks: () => '',
  refused: false,
};

/** The state of a form that was sent as `body` and refused. */
export function refusedForm(body: unknown, fields: Readonly<Record<string, string>>): FormState {
  const sent = Object(body) as Readonly<Record<string, unknown>>;
  const first = Object.keys(fields)[0];
  return {
    value: (name) => (typeof sent[name] === 'string' ? sent[name] : ''),
    has: (name, value) => [sent[name]].flat().includes(value),
    error: (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined),
    marks(name) {
      if (!Object.hasOwn(fields, name)) return '';
      return ` aria-invalid="true" aria-describedby="error-${name}"${name === first ? ' autofocus' : ''}`;
    },
    refused: true,
  };
}

/**
 * Whether a body has these values. They identify one of several equal forms on a page, such as the form in a person's
 * row.
 */
export const isSentBy = (body: unknown, apart: Readonly<Record<string, string>>): boolean =>
  Object.entries(apart).every(([name, value]) => Object(body)[name] === value);
