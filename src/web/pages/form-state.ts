/** What a form's fields show: what was sent and why it wasn't taken, or what the page says where nothing was sent. */
export interface FormState {
  /** The text of a field. */
  value(name: string, otherwise?: string): string;
  /** Whether a box is ticked or an option chosen. */
  has(name: string, value: string, otherwise?: boolean): boolean;
  /** What is wrong with a field, in a sentence. */
  error(name: string): string | undefined;
  /** Attributes of a field, as HTML: that it is wrong, what says so, and the focus for the first that is. */
  marks(name: string): string;
  /** Whether this is the form that was sent and not taken. */
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
 * Whether a body holds values that tell like forms of one page apart, such as the person whose row a form stands in.
 */
export const isSentBy = (body: unknown, apart: Readonly<Record<string, string>>): boolean =>
  Object.entries(apart).every(([name, value]) => Object(body)[name] === value);
