import type { RuleName } from './rules.js';

/** Words that say secret when they are a name's last word, or end a name written without separators. */
const ENDINGS: ReadonlyArray<readonly [RuleName, string]> = [
  [
    'password',
    'password passwd passphrase passcode passwort kennwort motdepasse contrasena senha wachtwoord losenord ' +
      'haslo userpass dbpass storepass keypass sshpass mysqlpass masterpass rootpass adminpass',
  ],
  [
    'secret',
    'secret credential clientsecret sharedsecret secretvalue assertion samlresponse mnemonic seedphrase',
  ],
  ['token', 'token jwt tokenvalue authtoken'],
  [
    'key',
    'apikey accesskey privatekey secretkey sharedkey accountkey masterkey encryptionkey signingkey storagekey ' +
      'subscriptionkey servicekey authkey sharedaccesskey functionskey sshkey hostkey hmackey clientkey ' +
      'licensekey productkey sessionkey symmetrickey wrappingkey dekkey seedkey recoverykey adminkey ' +
      'consumerkey rsakey pemkey pgpkey gpgkey tlskey sslkey aeskey unlockkey bitlockerkey instrumentationkey',
  ],
  ['wifi-key', 'presharedkey wifikey wlankey wepkey wpakey networkkey keymaterial keycontent wpapassphrase'],
  ['sas', 'sharedaccesssignature sastoken sasuri sasurl'],
  ['authorization', 'authorization'],
  ['cookie', 'cookie'],
  ['session', 'sessionid sessid jsessionid phpsessid sessiontoken sessioncookie estsauth estsauthpersistent'],
  ['connection-string', 'connectionstring connstr connectionuri'],
  ['otp', 'otp totp hotp otpauth onetimepassword onetimecode totpseed otpseed'],
  [
    'device-code',
    'devicecode usercode authorizationcode authcode codeverifier verificationcode securitycode accesscode ' +
      'unlockcode activationcode pairingcode recoverycode backupcode mfacode scratchcode enrollmentcode',
  ],
  ['recovery-password', 'recoverypassword bitlockerpassword'],
];

/** Short words that say secret only when they stand alone as a name's last word. */
const LAST_WORDS: ReadonlyMap<string, RuleName> = new Map(
  Object.entries({
    pass: 'password',
    pwd: 'password',
    pw: 'password',
    psw: 'password',
    passwrd: 'password',
    pin: 'password',
    puk: 'password',
    cvv: 'card-number',
    cvc: 'card-number',
    psk: 'wifi-key',
    sig: 'sas',
    sid: 'session',
    dsn: 'connection-string',
    seed: 'otp',
    creds: 'secret',
    cred: 'secret',
    auth: 'authorization',
    bearer: 'bearer',
    pfx: 'certificate',
    pkcs12: 'certificate',
    phone: 'phone',
    mobile: 'phone',
    telephone: 'phone',
    msisdn: 'phone',
    pat: 'token',
    xsrf: 'token',
    csrf: 'token',
  } satisfies Record<string, RuleName>),
);

/** Words after the secret word that don't change what it is: `passwordValue`, `secret_text`, `token2`. */
const NEUTRAL_TAIL =
  /^(?:value|val|text|txt|plain|plaintext|clear|cleartext|unprotected|base64|b64|encoded|enc|encrypted|hash|hashed|data|string|str|raw|new|old|current|previous|primary|secondary|confirm|confirmation|repeat|again|prod|dev|test|header|param|parameter|field|input|env|var|\d+)$/;

/** Words that make a name a statement about secrets rather than the name of one. */
const STATEMENT =
  /^(?:has|is|require|requires|required|allow|allows|allowed|disable|disabled|enable|enabled|block|blocked|min|minimum|max|maximum|need|needs|must|can|force|skip|supports|show|hide|prompt|remember|check|count|num|number|invalid|expired|missing|malformed|unknown|unsupported|revoked|denied|failed|bad|empty|unexpected|expected|unauthorized|no|without|expiring|duplicate)$/;

const cache = new Map<string, RuleName | null>();
const CACHE_MAX = 2000;
const NAME_LENGTH_MAX = 160;

/**
 * Returns the rule for a key, header, flag or field name that names a secret, or undefined. `clientSecret`,
 * `DB_PASSWORD`, `api-key` and `adminpassword` do; `passwordMinimumLength`, `tokenType`, `secretName` and
 * `InvalidAuthenticationToken` don't: the secret word must be the name's last one.
 */
export function secretNameRule(name: string): RuleName | undefined {
  if (name.length > NAME_LENGTH_MAX || name.startsWith('[redacted:')) return undefined;
  let rule = cache.get(name);
  if (rule === undefined) {
    rule = classify(name);
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(name, rule);
  }
  return rule ?? undefined;
}

function classify(name: string): RuleName | null {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');
  if (words.some((word) => STATEMENT.test(word))) return null;
  const asWritten = ruleOfWords(words);
  if (asWritten) return asWritten;
  while (words.length > 1 && NEUTRAL_TAIL.test(words.at(-1) ?? '')) words.pop();
  return ruleOfWords(words);
}

function ruleOfWords(words: readonly string[]): RuleName | null {
  for (let i = words.length; i > Math.max(0, words.length - 3); i--) {
    const joined = words.slice(i - 1).join('');
    for (const candidate of [joined, joined.replace(/s$/, ''), joined.replace(/\d{1,9}$/, '')]) {
      const rule = endingRule(candidate);
      if (rule) return rule;
    }
  }
  const last = words.at(-1) ?? '';
  const singular = last === 'auths' ? last : last.replace(/s$/, '');
  return LAST_WORDS.get(last) ?? LAST_WORDS.get(singular) ?? null;
}

function endingRule(word: string): RuleName | undefined {
  for (const [rule, endings] of ENDING_LISTS) {
    for (const ending of endings) if (word.endsWith(ending)) return rule;
  }
  return undefined;
}

// Longer endings first, so that `wpapassphrase` is known by its own rule and not by the passphrase's.
const ENDING_LISTS = ENDINGS.flatMap(([rule, list]) =>
  list.split(' ').map((ending) => [rule, ending] as const),
)
  .sort((a, b) => b[1].length - a[1].length)
  .map(([rule, ending]) => [rule, [ending]] as const);

/** A cheap test whether a text may hold a secret's name at all. */
export const SECRET_WORD = new RegExp(
  [
    'pass(?:w(?:or(?:d|t)|d|rd)|phrase|code)?',
    'kennwort|mot ?de ?passe|contrasena|senha|wachtwoord|losenord|haslo',
    'pwd|psw|pw|pin|puk|cvv|cvc|psk|sig|sid|dsn|seed|creds?|pfx|pkcs12|pat|csrf|xsrf|jwt|t?otp|hotp',
    'secret|credential|assertion|samlresponse|mnemonic|token|cookie|auth(?:orization)?|bearer',
    '(?:api|access|private|secret|shared|account|master|encryption|signing|storage|subscription|service|auth|' +
      'functions?|ssh|host|hmac|client|license|product|session|symmetric|wrapping|recovery|admin|consumer|rsa|' +
      'pem|pgp|gpg|tls|ssl|aes|unlock|bitlocker|instrumentation|wi-?fi|wlan|wep|wpa|network)[ _.-]?key',
    'key[ _-]?(?:material|content)|shared[ _-]?access[ _-]?signature|sas[ _-]?ur[il]',
    'sess(?:ion)?[ _-]?id|estsauth|conn(?:ection)?[ _-]?(?:str(?:ing)?|uri)',
    '(?:device|user|verification|security|access|unlock|activation|pairing|recovery|backup|mfa|scratch|one[ -]?time|' +
      'authorization|enrollment)[ _-]?code|code[ _-]?verifier',
    'phone|mobile|msisdn',
  ].join('|'),
  'gi',
);
