import type { FormState } from './form-state.js';

/** What templates write into the fields of a form. `form` is undefined for a form that wasn't sent. */

/** The text of a field: as it was sent, or `otherwise`. */
export function value(form: FormState | undefined, name: string, otherwise = ''): string {
  if (!form) return otherwise;
  const sent = form.sent[name];
  return typeof sent === 'string' ? sent : '';
}

/** Whether a box is ticked or an option chosen: as it was sent, or `otherwise`. */
export const isChosen = (
  form: FormState | undefined,
  name: string,
  option: string,
  otherwise = false,
): boolean => (form ? [form.sent[name]].flat().includes(option) : otherwise);

/** What is wrong with a field, in a sentence. */
export const error = (form: FormState | undefined, name: string): string | undefined =>
  form && Object.hasOwn(form.errors, name) ? form.errors[name] : undefined;

/**
 * Attributes of a field, as HTML: that it is wrong and which text says so. The first wrong field gets the focus. A
 * field that isn't wrong is described by the element with the id `hint`, if there is one.
 */
export function marks(form: FormState | undefined, name: string, hint?: string): string {
  if (error(form, name) === undefined) return hint ? ` aria-describedby="${hint}"` : '';
  const isFirst = form && Object.keys(form.errors)[0] === name;
  return ` aria-invalid="true" aria-describedby="error-${name}"${isFirst ? ' autofocus' : ''}`;
}
