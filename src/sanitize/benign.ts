/** States and settings of policies: harmless values of fields whose names sound secret. */
const STATES = new Set(
  (
    'true false null undefined none nil yes no on off n/a na empty blank unset missing absent present required ' +
    'optional invalid expired active inactive revoked enabled disabled blocked allowed notallowed notconfigured ' +
    'configured devicedefault userdefined numeric alphanumeric alphanumericwithsymbols alphabetic ' +
    'lowsecuritybiometric numericcomplex atleastalphabetic atleastalphanumeric atleastnumeric complex simple ' +
    'unknown unsupported unavailable notapplicable notencrypted encrypted basic digest bearer ntlm negotiate ' +
    'kerberos oauth oauth2 forbidden unauthorized notfound timeout conflict badrequest interdit prohibido verboten $true $false $null authorization ocp-apim-subscription-key bound unbound ssh-rsa ssh-dss ssh-ed25519 ecdsa-sha2-nistp256 string integer number boolean object array unchanged clear block allow await valuefrom ' +
    'erforderlich obligatoire requis vereist wymagane files sss compat ' +
    'vorhanden presente fehlt ausente assente manquante requerida requerido obrigatoria obrigatorio obbligatoria obbligatorio richiesta pakollinen \u5fc5\u586b \u5fc5\u9808 \u5fc5\u9700 \ud544\uc218'
  ).split(' '),
);

/** Words that often follow `password:` or `token is` in a sentence. */
const SENTENCE_WORDS = new Set(
  (
    'valid incorrect correct wrong expiring rejected accepted denied ' +
    'failed ok success succeeded too not never already only still now being been be is are was were must should ' +
    'may can cannot could will would has have had does did do a an the this that these those of to in on at as ' +
    'by for from with without and or but if when while because since until default complexity strong weak ' +
    'minimum maximum min max length history age policy policies rotation settings setting compliance security ' +
    'protected hashed hidden masked redacted removed omitted sanitized filtered secret private confidential ' +
    'same different changed mismatch match matches malformed corrupt short long reused used unused ' +
    'managed stored rotated needed mandatory requested returned received sent generated issued acquired refreshed ' +
    'access refresh client user device admin application lifetime authentication authorization validation ' +
    'verification credential credentials password passwords token tokens cookie cookies key keys value values ' +
    'error errors expected unexpected please check see use contact try retry retrying waiting pending running ' +
    'given set reset about out due overdue up known found shown written lost gone sent kept put read hit cut ' +
    'falsch ungultig ungueltig erforderlich gesperrt leer abgelehnt abgelaufen richtig nicht kein zu notwendig ' +
    'verlopen vereist verplicht onjuist ongeldig geweigerd leeg te geblokkeerd gewijzigd niet geen ingesteld vergeten ' +
    'scaduta obbligatoria richiesta errata vazia obrigatoria kravs saknas ogiltigt wymagane nieprawidlowe ' +
    'incorrecte invalide requis requise obligatoire vide refuse refusee bloque bloquee trop expire expiree passe passee change changee modifie ' +
    'modifiee defini definie reinitialise reinitialisee exige exigee exigida exigido definida definido non nao partage partagee ' +
    'incorrecta incorrecto caducada caducado requerida obligatoria vacia invalida demasiado erronea no ' +
    'felaktigt felaktig ogiltig utganget feil ugyldig utlopt forkert udlobet virheellinen vanhentunut neplatne neplatny spatne bledne ' +
    'nu nun jetzt adesso ora ahora agora maintenant teraz ' +
    'queued skipped aborted authorization_code device_code refresh_token client_credentials id_token ' +
    'access_token obsolete deprecated optional supplied code get post put patch delete head options'
  ).split(' '),
);

const PLACEHOLDER =
  /^(?:[*•●xX.#_-]{3,}|<[a-z _-]+>|\(?\[?(?:none|not set|hidden|masked|redacted|removed|filtered|null|empty|withheld|secret|secure|protected)\]?\)?|\{\{.*\}\}|\{[A-Za-z_]*\d?\}|\$\{[^}]*\}?|\$\([\w.]*\)?|\$\d{1,3}|:[a-z_]+|@p\d{1,3}|[ib]:\d{0,4}|%\w+%|%[sdjo]|\$(?:env:)?[A-Z_][A-Z0-9_]+|\[object \w+\]|\([a-z]+(?: [a-z]+){0,3}|\?|HTTP\/\d(?:\.\d)?|[Xx](?:-[A-Za-z]+){1,5}|(?:invalid|unsupported|unauthorized|insufficient|access|interaction|login|consent|temporarily|server|authorization|slow|expired)_[a-z_]+)$/;

/** Code that makes the value: `$password = Read-Host`, `os.environ[…]`, `getpass.getpass()`, `var.db_password`. */
const CODE =
  /^(?:process\.env\.\w+|(?:var|local|module|each|self|data|(?:aws|azurerm|azuread|google|random|vault)_\w+)\.[A-Za-z_][\w.]*[\w["]*|os\.environ\b.{0,20}|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\((?:\d{0,4}|[a-z_]{1,40})\)?|\(?(?:Read-Host|New-Object|(?:Get|Import|Invoke|Unprotect|Select|ConvertTo|ConvertFrom)-[A-Z][A-Za-z]+))$/;

function trimPunctuation(value: string): string {
  let end = value.length;
  while (end > 0 && '.,:;!?)]}'.includes(value.charAt(end - 1))) end--;
  return value.slice(0, end);
}

/** Whether a value under a secret's name is a state, a setting or a placeholder instead of a secret. */
export function isBenignValue(value: string): boolean {
  const bare = trimPunctuation(value);
  if (bare === '') return true;
  if (PLACEHOLDER.test(value) || PLACEHOLDER.test(bare.toLowerCase()) || CODE.test(bare)) return true;
  return STATES.has(bare.toLowerCase());
}

/** Participles of Dutch and German: `ingesteld`, `abgelaufen`. */
const GERMANIC_PARTICIPLE =
  /^(?:ab|an|auf|aus|ein|in|um|uit|op|aan|vor|zuruck|zur\u00FCck|weg)?ge[a-z\u00E4\u00F6\u00FC]{3,14}(?:t|d|en)$/;

/** Whether a word is a participle of Dutch or German, which ends a sentence: `ingesteld`, `eingetragen`. */
export function isGermanicParticiple(word: string): boolean {
  return GERMANIC_PARTICIPLE.test(word);
}

/** Whether a word reads like the rest of a sentence: "password is misconfigured". */
export function isSentenceWord(value: string): boolean {
  const bare = trimPunctuation(value);
  if (isBenignValue(bare) || SENTENCE_WORDS.has(bare.toLowerCase())) return true;
  return (
    /^[A-Za-z][a-z]+(?:ed|ing|able|ible)$/.test(bare) ||
    isGermanicParticiple(bare) ||
    /^[A-Za-z][a-z]+(?:ly|less|ful|-(?:in)?sensitive|-(?:only|based|wide)|[a-z]{3}ees?)$/.test(bare)
  );
}

/** An error code, an update or a device: `AADSTS50126`, `KB5034441`, `PC-114`. */
const ERROR_CODE = /^[A-Z]{1,10}[-_]?\d+$/;

/** Counts and times with a unit, versions, dates, GUIDs, hosts and files. */
const NAMED_FORM =
  /^(?:\d+[ -]?(?:days?|digits?|min\w*|hours?|weeks?|months?|years?|bits?|chars?|characters?|bytes?|h|s|d|ms)|0x[0-9a-f]{1,15}|v?\d+(?:\.\d+)+\S*|\d{4}-\d{2}-\d{2}\S*|[0-9a-f]{8}-[0-9a-f]{4}-\S*|\S*[\\/]\S*|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?::\d+)?|(?:sha|aes|rsa|utf|windows|win|ios|android|macos|server|office|setting|platform|version|level)-?\d\S*)$/i;

/** Whether a word with a digit is a code, a device, a count with a unit, a version, a host or a file, and no password. */
/** A name of three or more words as programs write them: `X509KeyStorageFlags`, `Win32LobApp`. */
const TYPE_NAME = /^(?:[A-Z][a-z]{2,}\d{0,3}|[A-Z]\d{1,4}){3,}$/;

export function isNamedForm(value: string): boolean {
  return ERROR_CODE.test(value) || NAMED_FORM.test(value) || TYPE_NAME.test(value);
}
