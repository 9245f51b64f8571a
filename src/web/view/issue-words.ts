import type { z } from 'zod';

const VALUES_SHOWN = 8;
/** How the messages of the validation library begin. Other messages were written for people. */
const LIBRARY_WORDS = /^(Invalid|Too|Unrecognized)\b/;
const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };

/** What is wrong with a field and what it accepts, in words. */
export function issueInWords(issue: z.core.$ZodIssue): string {
  if (!LIBRARY_WORDS.test(issue.message)) return asSentence(issue.message);
  switch (issue.code) {
    case 'invalid_value': {
      const values = issue.values.map(String);
      if (values.length <= VALUES_SHOWN) return `It takes ${values.join(', ')}.`;
      return 'It is none of the values to choose from.';
    }
    case 'invalid_type':
      if (issue.expected === 'number' || issue.expected === 'int') return 'It takes a whole number.';
      return 'It is missing or was sent more than once.';
    case 'too_big':
      return `It takes ${issue.maximum}${UNITS[issue.origin] ?? ''} at most.`;
    case 'too_small':
      return issue.origin === 'string' && Number(issue.minimum) === 1
        ? 'It may not be empty.'
        : `It takes ${issue.minimum}${UNITS[issue.origin] ?? ''} at least.`;
    default:
      return 'It is not in the form that is taken here.';
  }
}

const asSentence = (text: string): string => text.replace(/\.?$/, '.');
