import {
  type CertificateTrouble,
  certificateTroubleInWords,
  certificateTroubleOf,
} from '../wording/certificate-trouble.js';

/** Kinds of trouble with PostgreSQL that its errors show. */
export type DatabaseTrouble =
  | 'away'
  | 'starting'
  | 'closed'
  | 'files-taken'
  | 'connections-taken'
  | 'disk-full'
  | 'memory-full'
  | 'limit-reached'
  | 'damaged'
  | 'read-only'
  | 'login-refused'
  | 'without-tls'
  | `certificate-${CertificateTrouble}`
  | 'too-slow';

const WORDS: Readonly<Record<DatabaseTrouble, string>> = {
  away: 'The database does not answer.',
  starting: 'The database is starting or stopping.',
  closed: 'The database takes no connections: an administrator has closed it.',
  'files-taken':
    'The program has no file left for a connection to the database: raise its limit of open files (LimitNOFILE).',
  'connections-taken': 'All connections of the database are taken.',
  'disk-full': 'The database has no room left.',
  'memory-full': 'The database has no memory left.',
  'limit-reached': 'The database has reached a limit of its configuration.',
  damaged:
    'The database says that its files are damaged or missing: look at its log, and restore a backup if it stays so.',
  'read-only': 'The database that answers is read-only, as a standby is.',
  'login-refused': 'The database refuses the program’s login.',
  'without-tls': 'The database speaks no TLS.',
  'certificate-not-trusted': certificateWords('not-trusted'),
  'certificate-for-another-name': certificateWords('for-another-name'),
  'certificate-expired': certificateWords('expired'),
  'certificate-not-yet-valid': certificateWords('not-yet-valid'),
  'too-slow': 'The database took too long.',
};

function certificateWords(trouble: CertificateTrouble): string {
  const settings = { authority: 'sslrootcert in its address', address: 'its address' };
  return `The database’s certificate ${certificateTroubleInWords(trouble, settings)}.`;
}

/** The trouble that lasts until somebody corrects a setting of the program or of the server. */
const NEEDS_A_PERSON = /^(login-refused|without-tls|certificate-.*)$/;

/** Whether trying again meets the same trouble until somebody corrects a setting. */
export const needsAPerson = (trouble: DatabaseTrouble): boolean => NEEDS_A_PERSON.test(trouble);

/** A sentence for people that says what is wrong. */
export const databaseTroubleInWords = (trouble: DatabaseTrouble): string => WORDS[trouble];

/**
 * PostgreSQL can't work at the moment; trying again later may succeed. A statement that failed with this error
 * changed nothing, except for a commit whose answer was lost.
 */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';
  /** The error code of PostgreSQL or of the system call, if there was one. */
  readonly code: string | undefined;
  constructor(
    readonly trouble: DatabaseTrouble,
    cause: Error,
  ) {
    super(`${WORDS[trouble].slice(0, -1)} (${cause.message || codeOf(cause)}).`, { cause });
    this.code = codeOf(cause) || undefined;
  }

  /** What is wrong, for people, without PostgreSQL's own message. */
  get words(): string {
    return WORDS[this.trouble];
  }
}

/** A pooler such as PgBouncer is used where the program needs a session that keeps its settings. */
export class PoolerRefusalError extends Error {
  override readonly name = 'PoolerRefusalError';
  constructor(options?: ErrorOptions) {
    super(
      'A pooler (such as PgBouncer) between the program and PostgreSQL keeps no settings of a session: ' +
        'set DATABASE_SESSION_URL to the server itself, and DATABASE_URL may lead through the pooler.',
      options,
    );
  }
}

/** SQLSTATEs, of which the first match counts: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const STATES: readonly (readonly [RegExp, DatabaseTrouble])[] = [
  [/^25006$/, 'read-only'],
  [/^53300$/, 'connections-taken'],
  [/^53100$/, 'disk-full'],
  [/^53200$/, 'memory-full'],
  [/^53[04]00$/, 'limit-reached'],
  // A password, a role or a database that isn't as the address says.
  [/^(28...|3D000)$/, 'login-refused'],
  [/^57014$/, 'too-slow'],
  // While it is copied, renamed or put back.
  [/^55000$/, 'closed'],
  [/^57P0[1-5]$/, 'starting'],
  // A page or an index that can't be read, a file that is gone, a disk that fails.
  [/^(XX00[12]|58030|58P0[12])$/, 'damaged'],
  [/^(08...|58...|25P0[34])$/, 'away'],
];
/** Error codes of system calls for a connection that can't be made or breaks. */
const SOCKET_CODE =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|ENOTFOUND|EAI_AGAIN|ENOENT|EADDRNOTAVAIL)$/;
/** Error codes of system calls for a process or machine without a free file descriptor, port or buffer for a connection. */
const FILES_CODE = /^(EMFILE|ENFILE|ENOBUFS)$/;
/** Messages of `pg` for errors without a code. */
const LOST_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed)/;

/** The message of `pg` when an address asks for TLS and the server has none. */
const WITHOUT_TLS = 'The server does not support SSL connections';

/** The kind of trouble that an error of `pg` shows; undefined for an error that the statement itself caused. */
export function databaseTrouble(error: Error): DatabaseTrouble | undefined {
  const code = codeOf(error);
  const [, trouble] = STATES.find(([states]) => states.test(code)) ?? [];
  if (trouble) return trouble;
  if (FILES_CODE.test(code)) return 'files-taken';
  if (error.message === WITHOUT_TLS) return 'without-tls';
  const certificate = certificateTroubleOf(error);
  if (certificate) return `certificate-${certificate}`;
  return SOCKET_CODE.test(code) || LOST_MESSAGE.test(error.message) ? 'away' : undefined;
}

/** Translates an error of `pg` into the program's own errors; every pool passes its errors through this function. */
export function translateError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (/unsupported startup parameter/i.test(error.message)) return new PoolerRefusalError({ cause: error });
  const trouble = databaseTrouble(error);
  return trouble ? new DatabaseUnavailableError(trouble, error) : error;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
