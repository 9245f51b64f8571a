import t from 'tap';
import { FencedError } from '../../../projections/engine/checkpoint.js';
import { type FailureKind, kindOfFailure } from '../../../projections/engine/failures.js';
import { LogUnavailableError } from '../../../src/ledger/event-log.js';

const withCode = (code: string, message = 'failed') => Object.assign(new Error(message), { code });

/** Errors of PostgreSQL, Node.js and pg, and the kind that each one is. */
const EXAMPLES: readonly (readonly [string, unknown, FailureKind])[] = [
  ['a unique violation', withCode('23505'), 'deterministic'],
  ['a NUL in jsonb', withCode('22P05'), 'deterministic'],
  ['a number out of range', withCode('22003'), 'deterministic'],
  ['a fault in a fold', new TypeError('undefined is not a connection'), 'deterministic'],
  ['something nobody knows', new Error('who knows'), 'deterministic'],
  ['no error at all', 'text', 'deterministic'],
  ['an administrator ended it', withCode('57P01'), 'transient'],
  ['a full disk', withCode('53100'), 'transient'],
  ['a deadlock', withCode('40P01'), 'transient'],
  ['a refused connection', withCode('ECONNREFUSED'), 'transient'],
  ['a broken pipe', withCode('EPIPE'), 'transient'],
  ['a connection that ended', new Error('Connection terminated unexpectedly'), 'transient'],
  ['a pool without a connection to spare', new Error('timeout exceeded when trying to connect'), 'transient'],
  ['the log is away', new LogUnavailableError('reading', undefined), 'transient'],
  ['a dropped table', withCode('42P01'), 'schema-gone'],
  ['a dropped schema', withCode('3F000'), 'schema-gone'],
  ['another writer', new FencedError('hub', 7), 'fenced'],
];

for (const [what, error, kind] of EXAMPLES) t.equal(kindOfFailure(error), kind, `${what} is ${kind}`);
