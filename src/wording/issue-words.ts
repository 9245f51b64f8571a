import { z } from 'zod';

type Issue = z.core.$ZodIssue;

const VALUES_SHOWN = 8;
const ISSUES_SHOWN = 5;
/** How the messages of the validation library begin. Other messages were written for people. */
const LIBRARY_WORDS = /^(Invalid|Too|Unrecognized)\b/;
const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };
const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};
const FORMATS: Readonly<Record<string, string>> = {
  guid: 'an id such as 3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  uuid: 'an id such as 3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  datetime: 'a time such as 2026-01-31T09:30:00Z',
  date: 'a date such as 2026-01-31',
  url: 'an address such as https://example.com/',
  email: 'an e-mail address',
};

/** What is wrong with a field and what it accepts, as a sentence. */
export function issueInWords(issue: Issue): string {
  if (!LIBRARY_WORDS.test(issue.message)) return asSentence(issue.message);
  switch (issue.code) {
    case 'invalid_value':
      return oneOf(issue.values.map(String));
    case 'invalid_type':
      return typeInWords(issue);
    case 'invalid_format':
      return takes(FORMATS[issue.format]);
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options) ? oneOf(issue.options.map(String)) : takes();
    case 'unrecognized_keys':
      return `There is no field ${issue.keys.map((key) => `“${key.slice(0, 80)}”`).join(', ')}.`;
    case 'not_multiple_of':
      return `It takes a multiple of ${issue.divisor}.`;
    case 'too_big':
      return `It takes ${issue.maximum}${UNITS[issue.origin] ?? ''} at most.`;
    case 'too_small':
      return issue.origin === 'string' && Number(issue.minimum) === 1
        ? 'It may not be empty.'
        : `It takes ${issue.minimum}${UNITS[issue.origin] ?? ''} at least.`;
    default:
      return takes();
  }
}

/** What is wrong with each field of an object: the first sentence for each, by the field's name. */
export function issuesByField(error: z.ZodError): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const issue of error.issues) fields[String(issue.path[0] ?? '')] ??= issueInWords(issue);
  return fields;
}

/**
 * What is wrong with an object: a sentence for each of the first few places, with the place’s path. With the object's
 * schema, it also lists the fields there are when one is unknown.
 */
export function issuesInWords(error: z.ZodError, schema?: z.ZodType): string {
  const issues = error.issues.flatMap((issue) => leavesOf(issue, []));
  const sentences = issues.slice(0, ISSUES_SHOWN).map(({ issue, path }) => {
    const words = issueInWords(issue);
    if (path === '') return words;
    // A message that is no sentence of its own goes on from the place: “policyTypes[0] is not a policy type”.
    return /^\p{Ll}/u.test(words) ? `${path} ${words}` : `${path}: ${words}`;
  });
  const more = issues.length - sentences.length;
  const hasUnknown = issues.some(({ issue, path }) => issue.code === 'unrecognized_keys' && path === '');
  const fields = schema && hasUnknown ? fieldsOf(schema) : [];
  return [
    ...sentences,
    ...(more > 0 ? [`And ${more} more.`] : []),
    ...(fields.length > 0 ? [`There are ${fields.join(', ')}.`] : []),
  ].join(' ');
}

/** The fields that an object may have; none for a schema of something else. */
function fieldsOf(schema: z.ZodType): readonly string[] {
  const { properties } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.keys(properties ?? {});
}

interface PlacedIssue {
  readonly issue: Issue;
  readonly path: string;
}

/** The issues below an issue of a union: those of the alternative that fits best, which is the one with fewest. */
function leavesOf(issue: Issue, above: readonly PropertyKey[]): readonly PlacedIssue[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union') {
    const within = issue.errors.filter((issues) => issues.some((one) => one.path.length > 0));
    const [nearest] = within.toSorted((one, other) => one.length - other.length);
    if (nearest) return nearest.flatMap((one) => leavesOf(one, path));
  }
  return [{ issue, path: pathText(path) }];
}

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');

function typeInWords({ message, expected }: z.core.$ZodIssueInvalidType): string {
  if (message.endsWith('received undefined')) return 'It is missing.';
  const takesObject = expected === 'object' || expected === 'record';
  if (message.endsWith('received array') && !takesObject) return 'It takes one value and got several.';
  return takes(EXPECTED[expected]);
}

const oneOf = (values: readonly string[]): string =>
  values.length <= VALUES_SHOWN
    ? `It takes ${values.join(', ')}.`
    : 'It isn’t one of the values to choose from.';

const takes = (what?: string): string =>
  what === undefined ? 'It doesn’t have the expected form.' : `It takes ${what}.`;

const asSentence = (text: string): string => text.replace(/\.?$/, '.');
