/** The options of an address of the event store that its client knows, and the form of their values. */
const OPTIONS = {
  connectionName: 'text',
  defaultDeadline: 'number',
  discoveryInterval: 'number',
  gossipTimeout: 'number',
  keepAliveInterval: 'number',
  keepAliveTimeout: 'number',
  maxDiscoverAttempts: 'number',
  nodePreference: 'node',
  throwOnAppendFailure: 'switch',
  tls: 'switch',
  tlsCAFile: 'text',
  userCertFile: 'text',
  userKeyFile: 'text',
} as const;
type Form = (typeof OPTIONS)[keyof typeof OPTIONS];

const FORMS: Readonly<Record<Form, { readonly pattern: RegExp; readonly words: string }>> = {
  text: { pattern: /^.+$/, words: 'a value' },
  number: { pattern: /^\d+$/, words: 'a whole number' },
  switch: { pattern: /^(true|false)$/, words: 'true or false' },
  node: {
    pattern: /^(leader|follower|read[_-]?only[_-]?replica|random)$/i,
    words: 'leader, follower, read_only_replica or random',
  },
};

const ADDRESS =
  /^esdb(?:\+discover)?:\/\/(?:(?<login>[^@/?]*)@)?(?<hosts>[^@/?]*)\/*(?:\?(?<query>[^?]*?)\/*)?$/;
const LOGIN = /^[^:]+:[^:]+$/;
const HOST = /^[\w.-]+(?::(?<port>\d{1,5}))?$/;
const PORT_MAX = 65_535;

/**
 * What is wrong with an address like `esdb://user:password@host:2113?tls=true`, in words that repeat no part that may be
 * secret; undefined when the client takes it. The client itself prints an address with an unknown option as it is, with
 * its password. IPv6 addresses are refused, because the client doesn't take them.
 */
export function eventStoreAddressTrouble(address: string): string | undefined {
  const parts = ADDRESS.exec(address.trim())?.groups;
  if (!parts) return 'is no address like esdb://host:2113';
  const { login, hosts = '', query } = parts;
  if (login !== undefined && !(LOGIN.test(login) && isDecodable(login)))
    return 'needs a user and a password before its @, whose special characters are written like %3A';
  if (!hosts.split(',').every(isHost)) return 'is no address like esdb://host:2113';
  return query === undefined ? undefined : optionTrouble(query);
}

function isHost(text: string): boolean {
  const match = HOST.exec(text.trim());
  const port = Number(match?.groups?.port ?? 1);
  return match !== null && port > 0 && port <= PORT_MAX;
}

function optionTrouble(query: string): string | undefined {
  for (const pair of query.split('&')) {
    const [name = '', ...rest] = pair.split('=');
    const known = Object.entries(OPTIONS).find(([option]) => flat(option) === flat(name));
    if (!known)
      return `has an option after its ? that is unknown or has no value; there are ${Object.keys(OPTIONS).join(', ')}`;
    const [option, form] = known;
    const { pattern, words } = FORMS[form];
    const value = rest.join('=').trim();
    if (!pattern.test(value) || !isDecodable(value)) return `needs ${words} as its option ${option}`;
  }
  return undefined;
}

/** The client takes the names of options in any case, with hyphens or underscores. */
const flat = (name: string): string => name.trim().toLowerCase().replace(/[_-]/g, '');

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
