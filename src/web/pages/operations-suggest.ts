import { BUCKET_LABELS, STATUS_BUCKETS } from '../../runs/status-bucket.js';
import { QUALIFIER_NAMES } from '../hub/filter-text.js';
import { type HubRead, readHub } from '../hub/hub-read.js';
import { INITIATOR_WORDS, listRunInitiators } from '../hub/initiator-list.js';
import { reasonCounts, typeCounts } from '../hub/run-list.js';
import { termsWithPrefix } from '../hub/run-search.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import type { PageAnswer } from './page-answer.js';

const SUGGESTED_MAX = 10;
const WORD_LENGTH_MAX = 80;

/** A completion of the word that is being typed. */
export interface Suggestion {
  /** The whole completed word. */
  readonly text: string;
  readonly label: string;
  readonly runs: number | null;
}

/** Suggests completions for the word in the search field of the list. */
export const suggestions: PageAnswer = {
  path: '/operations/suggest',
  capability: 'hub.read',
  async answer({ access, query, runtime }, reply) {
    const { word = '' } = query;
    if (typeof word !== 'string' || word.length > WORD_LENGTH_MAX)
      throw new WebError('bad_request', `A word of at most ${WORD_LENGTH_MAX} characters can be completed.`);
    const found = await readHub(runtime.deps, access.tenant.tenantId, (db) => suggest(db, word, runtime));
    return reply.send({ suggestions: found.slice(0, SUGGESTED_MAX) });
  },
};

async function suggest(db: HubRead, word: string, runtime: WebRuntime): Promise<readonly Suggestion[]> {
  const minus = word.startsWith('-') ? '-' : '';
  const [qualifier = '', value] = word.slice(minus.length).split(':', 2);
  if (value !== undefined) {
    const values = await valuesOf(db, qualifier.toLowerCase(), runtime);
    return values
      .filter((one) => fits(one.label, value) || fits(one.value, value))
      .map((one) => ({
        text: `${minus}${qualifier}:${quoted(one.value)}`,
        label: one.label,
        runs: one.runs,
      }));
  }
  const qualifiers = QUALIFIER_NAMES.filter((name) => name.startsWith(qualifier.toLowerCase())).map(
    (name) => ({ text: `${minus}${name}:`, label: `${name}:`, runs: null }),
  );
  if (minus !== '' || qualifier.length < 2) return qualifiers;
  const words = await termsWithPrefix(db, qualifier.toLowerCase(), SUGGESTED_MAX);
  const byValue = async (name: string) =>
    (await valuesOf(db, name, runtime))
      .filter((one) => fits(one.label, qualifier))
      .map((one) => ({
        text: `${name}:${quoted(one.value)}`,
        label: `${name}: ${one.label}`,
        runs: one.runs,
      }));
  return [
    ...qualifiers,
    ...(await byValue('type')),
    ...(await byValue('by')),
    ...(await byValue('reason')),
    ...words.map((text) => ({ text, label: text, runs: null })),
  ];
}

interface Value {
  readonly value: string;
  readonly label: string;
  readonly runs: number | null;
}

async function valuesOf(db: HubRead, qualifier: string, runtime: WebRuntime): Promise<readonly Value[]> {
  const named = (rows: readonly { readonly value: string; readonly runs: number }[]) =>
    rows.map(({ value, runs }) => ({ value, label: value, runs: Number(runs) }));
  switch (qualifier) {
    case 'type':
      return named(await typeCounts(db));
    case 'reason':
      return named(await reasonCounts(db));
    case 'by': {
      const initiators = await listRunInitiators(db, (ids) => runtime.names(ids));
      const words = Object.entries(INITIATOR_WORDS).map(([value, label]) => ({ value, label, runs: null }));
      return [...words, ...initiators.map(({ name, runs }) => ({ value: name, label: name, runs }))];
    }
    case 'is':
    case 'state':
      return STATUS_BUCKETS.map((value) => ({ value, label: BUCKET_LABELS[value], runs: null }));
    case 'last':
      return ['1h', '24h', '7d'].map((value) => ({ value, label: value, runs: null }));
    default:
      return [];
  }
}

const fits = (text: string, typed: string): boolean =>
  text.toLocaleLowerCase('en').includes(typed.replaceAll('"', '').toLocaleLowerCase('en'));

const quoted = (value: string): string => (/[\s,]/.test(value) ? `"${value}"` : value);
