/** Recorded in every event's envelope, so that a later scan knows which rules an event has passed. */
export const SANITIZER_VERSION = '1.8.0';

/** Every rule with a description of what it removes. The name appears in the rule's mark: `[redacted:jwt]`. */
export const RULES = Object.freeze({
  jwt: 'JSON web tokens, whole or cut off, signed or encrypted',
  bearer: 'what follows the word Bearer',
  'basic-auth': 'user and password of HTTP basic authentication',
  authorization: 'the value of an authorization header of any scheme',
  cookie: 'cookies, sent and set',
  session: 'session identifiers',
  'private-key': 'private keys in PEM, OpenSSH, PuTTY or age form, whole or cut off',
  certificate: 'certificates and PFX or other DER material in base64',
  'ssh-key': 'SSH public keys, which name their owner',
  'entra-secret': 'client secrets of Microsoft Entra applications',
  'entra-token': 'opaque tokens and codes of Microsoft sign-in',
  'azure-key': 'keys of Azure storage, service bus, Cosmos DB, DevOps and their siblings',
  sas: 'shared access signatures',
  aws: 'access keys of Amazon Web Services',
  gcp: 'keys and tokens of Google',
  github: 'tokens of GitHub',
  gitlab: 'tokens of GitLab',
  slack: 'tokens and webhook addresses of Slack',
  stripe: 'keys of Stripe',
  npm: 'tokens of npm',
  'ai-key': 'keys of OpenAI, Anthropic, Hugging Face and similar services',
  'vendor-token': 'tokens and webhook addresses of other services with a recognisable form',
  'connection-string': 'whole connection strings named as such',
  'url-credentials': 'user and password inside an address',
  query: 'the query string of an address; its path stays',
  fragment: 'the part of an address after #, where it carries parameters',
  password: 'what a key, a flag or a sentence calls a password, passphrase or PIN',
  secret: 'what a key, a flag or a sentence calls a secret or a credential',
  token: 'what a key, a flag or a sentence calls a token',
  key: 'what a key, a flag or a sentence calls a key that opens something',
  otp: 'one-time codes, and the seeds they come from',
  'device-code': 'authorization codes, device codes and user codes of a sign-in',
  'recovery-password': 'BitLocker recovery passwords',
  'wifi-key': 'preshared keys of wireless networks',
  email: 'e-mail addresses and user principal names',
  phone: 'phone numbers in international form',
  'card-number': 'payment card numbers',
  binary: 'bytes: buffers, typed arrays and their printed forms',
  encoded: 'base64 or hex text in which another rule found something',
  entropy: 'long strings too random to be words, names or identifiers',
} as const satisfies Record<string, string>);

export type RuleName = keyof typeof RULES;

/** The kinds of secrets that people and programs call by their names, such as “the client secret”. */
export const CALLED_BY_NAME = [
  'password',
  'secret',
  'token',
  'key',
  'wifi-key',
  'otp',
  'device-code',
  'recovery-password',
] as const satisfies readonly RuleName[];

/** The mark that replaces a removed value. */
export function mark(rule: RuleName): string {
  return `[redacted:${rule}]`;
}
