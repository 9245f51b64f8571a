import { accessSync, constants } from 'node:fs';

/** The parameters with which addresses of PostgreSQL and of the event store name files. */
const NAMES_FILE = /^(sslrootcert|sslcert|sslkey|tlsCAFile|userCertFile|userKeyFile)$/i;

/**
 * The first parameter of an address that names a file that can't be read, with the error's code; undefined for none.
 * Clients ignore empty parameters.
 */
export function unreadableFileOf(address: string): string | undefined {
  const [, query = ''] = address.split('?');
  for (const [name, file] of new URLSearchParams(query)) {
    if (file === '' || !NAMES_FILE.test(name)) continue;
    try {
      accessSync(file, constants.R_OK);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
      return `${name} names a file that can’t be read${code}`;
    }
  }
  return undefined;
}
