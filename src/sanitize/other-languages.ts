import type { RuleName } from './rules.js';

const FRENCH_OF = "(?:d'|de (?:l'|la )?|du )?";
const SPANISH_OF = '(?:de (?:la )?|del )?';

/**
 * The word for password in scripts other than Latin, as written and as `foldText` leaves it: Russian and its
 * neighbours, Greek, Hebrew, Arabic, Persian, Thai, Hindi, Chinese, Japanese and Korean.
 */
export const OTHER_SCRIPTS =
  'п[аa][рp][оo]л[ьияaа]|пин-код|л[оo]зинк[аa]|[κk][ωw]δ[ιi][κk][oοό][ςύ](?: [πp][ρp][oοό][σs]β[αa][σs]η[ςs])?|[συ]?ύνθημα|סיסמ[הא]|סיסמת|كلمة (?:ال)?(?:مرور|سر)|كلمة السر|گذرواژه|رمز عبور|รหัสผ่าน|पासवर्ड|' +
  'パスワード|パスコード|暗証番号|合言葉|密码|密碼|口令|비밀번호|암호|패스워드';

/** Names of secrets in German, Dutch, French, Spanish, Portuguese, Italian and Polish, in small letters without accents. */
const NAMES: ReadonlyArray<readonly [RuleName, string]> = [
  [
    'wifi-key',
    `[a-z]{0,10}(?:wlan|wi-?fi|netzwerk|wpa)(?:sicherheits)?[ -]?schlu(?:e)?ssel|(?:wlan|wi-?fi|netwerk|wpa)[ -]?(?:beveiligings)?sleutel|cle ${FRENCH_OF}(?:wi-?fi|reseau|wpa|securite(?: reseau)?)|` +
      `clave ${SPANISH_OF}(?:wi-?fi|red|wpa|seguridad(?: de (?:la )?red)?)|(?:chiave|chave) (?:d[ieo]|del(?:la)?) (?:wi-?fi|wlan|(?:sicurezza|seguranca)(?: d[ie] rete| da rede)?|rete)|klucz (?:sieciowy|sieci|wi-?fi)|code (?:du |de )?(?:wi-?fi|wlan)|schlusselinhalt|contenu de la cle|contenido de la clave|contenuto (?:della )?chiave`,
  ],
  [
    'key',
    '(?:api|toegangs|activerings|herstel|licentie|product|versleutelings|beveiligings)[ -]?sleutel|' +
      '(?:geheime|gedeelde|prive) sleutel|(?:api|zugriffs?|zugangs?|aktivierungs|wiederherstellungs|lizenz|produkt|sitzungs|client|freischalt|sicherheits|' +
      'registrierungs|verschlusselungs|entschlusselungs|haupt|signatur|geheim|sicherungs|abonnement)[ -]?schlu(?:e)?ssel|' +
      '(?:aterstallnings|aktiverings|gjenopprettings|gendannelses|licens|lisens|produkt|krypterings)-?(?:nyckel|nokkel|nogle)|chiave di (?:licenza|attivazione|recupero|crittografia)|chave de (?:recuperacao|licenca|ativacao|seguranca)|klucz (?:odzyskiwania|aktywacyjny|produktu)|(?:geheimer|privater|gemeinsamer|vorinstallierte[rn]?) schlu(?:e)?ssel|' +
      `cle(?:f)? ${FRENCH_OF}(?:api|acces|activation|chiffrement|recuperation|produit|licence|session|secrete|privee|(?:pre)?partagee)|` +
      `clave ${SPANISH_OF}(?:api|cifrado|recuperacion|producto|licencia|activacion|sesion|privada|(?:pre)?compartida)|` +
      'chiave (?:segreta|privata|api|di accesso|(?:pre)?condivisa)|klucz (?:tajny|wstepny|wspo[lł]dzielony|prywatny|api|dostepu|licencyjny)|chave (?:secreta|privada|api|de acesso)',
  ],
  [
    'token',
    `jeton(?: (?:d'|de )[a-z]{2,20})?|token (?:d'|de |di )?(?:acces|acceso|accesso|acesso|seguridad|securite)|token dostepu`,
  ],
  [
    'device-code',
    '(?:zugangs|freischalt|aktivierungs|sicherheits|entsperr|bestatigungs|wiederherstellungs|einmal|verifizierungs|' +
      'registrierungs|tur|tor|alarm|safe|tresor|garagen|zutritts|schliess|inlog|deur|kluis|bevestigings|pin|toegangs|ontgrendelings|herstel|activerings|beveiligings|verificatie)[ -]?code|' +
      `code ${FRENCH_OF}(?:acces|activation|securite|verification|deverrouillage|recuperation|confirmation)|` +
      `codigo (?:de un solo uso|${SPANISH_OF}(?:acceso|acesso|ativacao|activacion|seguridad|verificacion|desbloqueo|recuperacion|confirmacion))|(?:pin|engangs|dorr|larm|sakerhets|verifierings|aktiverings|sikkerheds|sikkerhets|bekreftelses)-?kod(?:en|e)?|kod (?:dostepu|aktywacyjny|do)|code a usage unique|codice monouso|` +
      'codice (?:di )?(?:accesso|attivazione|sicurezza|verifica|sblocco)',
  ],
  [
    'secret',
    `geheimnis|(?:client|gedeeld )geheim|secreto (?:compartido|del cliente|de cliente)|secret (?:client|partage)|segreto client|segredo`,
  ],
  // Last, because its words are the beginnings of others.
  [
    'password',
    `clave(?: (?:secreta|${SPANISH_OF}(?:acceso|usuario|administrador|cuenta)))?|palavra[ -]?passe|parola d'ordine|` +
      'code (?:secret|confidentiel|pin)|codigo (?:secreto|pin)|codice (?:segreto|pin)|geheim(?:zahl|code|wort)|' +
      'parola chiave|mdp|sifre(?:si|niz|m)?|parol[aei](?:si)?|parool|lozinka|zaporka|geslo|slaptazodis|kata sandi|sandi|mat khau|ma pin|kodeord(?:et)?|losenord(?:et)?|passord(?:et)?|adgangskode[rn]?|salasana[sn]?|hesl[oa]|jelsz[oa]v?a?[dm]?|has[lł][oa]|palavra[ -]?chave|' +
      'kontrasena|entsperrwort|sleutelzin|hase[lł]ko|losenfras|zugangswort|losungswort|(?:phrase|frase) (?:de (?:passe|paso|acceso)|secret[ae])|wachtzin|frase segreta|(?<![a-z\\d])ww(?![a-z\\d])',
  ],
];

/** The names also as fields and ids write them: `cle_de_securite`, `claveDeAcceso`. A blank is one of many separators. */
const JOINED = NAMES.map(
  ([rule, names]) => [rule, names.replace(/\[ -\]\?| (?![^[]*\])/g, '[ _-]?')] as const,
);

/** All of these names, for a pattern that looks for the name of any secret. */
export const OTHER_LANGUAGES = JOINED.map(([, names]) => names).join('|');

const BY_RULE = JOINED.map(([rule, names]) => [rule, new RegExp(`(?:^|[^a-z])(?:${names})$`)] as const);

/** The rule of a name that isn't English, or undefined: `Aktivierungsschlüssel`, `Clé d’API`, `Código de acceso`. */
export function ruleInOtherLanguages(name: string): RuleName | undefined {
  const plain = name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replaceAll('\u2019', "'")
    .toLowerCase()
    .replace(/[\s:]+$/, '');
  return BY_RULE.find(([, pattern]) => pattern.test(plain))?.[0];
}
