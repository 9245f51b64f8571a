import { assertStorable, canonicalJson, type Json, UnstorableValueError } from '../ledger/canonical-json.js';
import { sanitizeValue } from '../sanitize/index.js';

/** The largest size of an input in its canonical form, in bytes; the run's first event keeps it for ever. */
export const INPUT_BYTES_MAX = 32 * 1024;

/**
 * Checks that an input can be stored unchanged, so that the run can be started again from it. An input that the
 * sanitizer would change is refused, because the changed input would start another run. `problem` is a sentence for
 * the person who asked.
 */
export function keepInput(given: unknown): { readonly input: Json } | { readonly problem: string } {
  const input = given ?? {};
  try {
    assertStorable(input, 'the input');
  } catch (error) {
    if (!(error instanceof UnstorableValueError)) throw error;
    return { problem: `The request can’t be kept: ${error.message}.` };
  }
  const text = canonicalJson(input);
  if (Buffer.byteLength(text) > INPUT_BYTES_MAX)
    return { problem: `The input is larger than ${INPUT_BYTES_MAX} bytes.` };
  if (canonicalJson(sanitizeValue(input)) !== text)
    return {
      problem:
        'The input holds something that looks like a secret, a personal address or markup. Leave it out.',
    };
  return { input };
}
