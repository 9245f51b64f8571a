import { MISSPELLED } from './misspelled-names.js';
import { OTHER_LANGUAGES, OTHER_SCRIPTS } from './other-languages.js';
import type { RuleName } from './rules.js';

/** Words before `key` that make it a secret: `apiKey`, `BitLocker key`. */
const KEYS = {
  key:
    'api access private secret shared account master encryption decryption encrypt decrypt signing storage ' +
    'subscription service auth authentication functions ssh host hmac mac client license licence product serial ' +
    'session symmetric wrapping dek kek seed recovery admin consumer rsa pem pgp gpg tls ssl aes cipher crypto ' +
    'unlock site startup bitlocker filevault volume disk instrumentation ingestion activation registration ' +
    'enrollment enrolment enroll enrol provisioning installation install setup join pairing link workspace agent deploy ' +
    'deployment server application app device root reset bypass ipsec ike vpn tunnel radius webhook integration ' +
    'customer apns cd function hub primary secondary sas',
  'wifi-key': 'pre-shared wi-fi wlan wep wpa wpa2 wpa3 network',
} satisfies Partial<Record<RuleName, string>>;

/** Words before `code` that make it a secret. */
const CODES =
  'device user authorization auth authentication verification confirmation security access unlock lock alarm ' +
  'disarm activation registration pairing override safe gate garage voicemail setup recovery backup reset bypass mfa scratch enrollment enrolment ' +
  'uninstall invitation redemption redeem voucher totp otp 2fa login sign-in entry door hotspot installer task-mode mode-exit kiosk-exit';

const before = (words: string, last: string) =>
  words
    .split(' ')
    .map((word) => `${word}-${last}`)
    .join(' ');

/**
 * Words that name a secret as a name's last word, or at the end of a name without separators. A hyphen marks an
 * optional separator: `api-key` matches `apiKey`, `API_KEY`, `Api key` and `apikey`.
 */
export const SECRET_ENDINGS: ReadonlyArray<readonly [RuleName, string]> = [
  [
    'password',
    'password passwd passwrd passwort passworter kennworter wachtwoorden passphrase pass-code pin-code pwd pswd passw kennwort kennw mot-de-passe contrasena senha ' +
      'wachtwoord losenord haslo passord adgangskode salasana heslo jelszo user-pass db-pass store-pass key-pass ' +
      'auth-tok ssh-pass mysql-pass master-pass root-pass admin-pass password-format community-string snmp-community ' +
      'snmp-communities ro-community rw-community read-community unlock-word code-word codeword pass-word safe-word secret-word',
  ],
  [
    'secret',
    'secret credential assertion saml-response mnemonic seed-phrase unlock-phrase secret-phrase security-answer secret-answer ' +
      'question-answer maiden-name keytab scep-challenge install-challenge ' +
      'onboarding-blob offboarding-blob join-blob pfx-blob pfxcert-blob key-blob credential-blob secret-key-base',
  ],
  ['token', 'token jwt token-value token-hint qr-code-content'],
  ['key', `${before(KEYS.key, 'key')} key-tab`],
  [
    'wifi-key',
    `${before(KEYS['wifi-key'], 'key')} key-material key-content wpa-passphrase wpa-password wi-fi-code wlan-code`,
  ],
  ['sas', 'shared-access-signature sas-token sas-uri sas-url'],
  ['authorization', 'authorization'],
  ['cookie', 'cookie'],
  ['session', 'session-id sess-id jsessionid phpsessid session-token estsauth estsauthpersistent'],
  ['connection-string', 'connection-string conn-str connection-uri'],
  ['otp', 'otp totp hotp otpauth one-time-password one-time-code totp-seed otp-seed'],
  ['device-code', `${before(CODES, 'code')} code-verifier`],
  ['recovery-password', 'recovery-password bitlocker-password'],
];

/** Short words that name a secret only as a separate last word of a name. */
export const SECRET_LAST_WORDS: ReadonlyMap<string, RuleName> = new Map(
  Object.entries({
    pass: 'password',
    pwd: 'password',
    pw: 'password',
    dsrm: 'password',
    salt: 'secret',
    plaintext: 'password',
    psw: 'password',
    pin: 'password',
    puk: 'password',
    cvv: 'card-number',
    cvc: 'card-number',
    psk: 'wifi-key',
    passkey: 'key',
    sig: 'sas',
    sid: 'session',
    dsn: 'connection-string',
    seed: 'otp',
    otc: 'otp',
    creds: 'secret',
    challenge: 'secret',
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

/** Short secret words that end a name without separators only after one of the owners below. */
export const OWNED_WORDS: ReadonlyMap<string, RuleName> = new Map([
  ['pass', 'password'],
  ['pin', 'password'],
  ['pw', 'password'],
  ['psk', 'wifi-key'],
]);

/** Words for what a password or code belongs to, as in “wifi password”. */
export const OWNERS = (
  'user admin administrator root device proxy wifi wlan wpa sim card smartcard db database sql mysql postgres ' +
  'oracle redis mongo smtp ftp sftp ldap bind mail email imap pop http vpn ssh ike radius login logon account ' +
  'acct service svc client server host master domain join kiosk unlock exit startup boot bios uefi tpm ' +
  'bitlocker recovery backup restore my new old current default app application api web site guest network ' +
  'router printer store key keystore truststore cert pfx archive zip pdf file encryption private shared group ' +
  'team tenant setup install enrollment agent'
).split(' ');

/** A quick test whether a text may contain a secret's name; keys and codes are tested further. */
export const SECRET_WORD = new RegExp(
  [
    OTHER_LANGUAGES,
    OTHER_SCRIPTS,
    'pass(?:w(?:or(?:d|t)|d|rd)|[ _-]?phrase|[ _-]?code|key|ord)?',
    'kennwort|mot[ -]?de[ -]?passe|contrasena|senha|wachtwoord|losenord|has[lł]o|adgangskode|salasana|heslo|jelszo',
    'challenge|pswd|passw|kennw|dsrm|salt|plaintext|pwd|psw|pw|pin(?:[ _-]?code)?|puk|cvv|cvc|psk|sig|sid|dsn|seed|creds?|pfx|pkcs12|pat|csrf|xsrf|jwt|t?otp|hotp|otc',
    '(?:unlock|code|safe|secret|pass)[ _-]word|(?:ro|rw|read)[ _-]community|(?:unlock|secret)[ _-]?phrase|(?:security|secret|question)[ _-]?answer|maiden[ _-]?name',
    'secret|credential|assertion|samlresponse|mnemonic|token|cookie|auth(?:orization|tok)?|bearer',
    'key(?:tab|[ _-]?(?:material|content))?|code(?:[ _-]?verifier)?',
    'shared[ _-]?access[ _-]?signature|sas[ _-]?ur[il]',
    'sess(?:ion)?[ _-]?id|estsauth|conn(?:ection)?[ _-]?(?:str(?:ing)?|uri)',
    'snmp[ _-]?community|community[ _-]?string|(?:onboarding|offboarding|join)[ _-]?blob',
    'phone|mobile|msisdn',
    MISSPELLED,
  ].join('|'),
  'gi',
);

/** The separate word before `key` or `code`: `api key`, `one-time code`. */
export const QUALIFIER = new RegExp(
  `(?<![a-z\\d])(?:${alternatives(`${KEYS.key} ${KEYS['wifi-key']} ${CODES} one-time`)})[ _.-]?$`,
  'i',
);

function alternatives(words: string): string {
  return words.split(' ').join('|').replaceAll('-', '[ _-]?');
}
