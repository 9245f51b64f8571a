import { isSentenceWord } from './benign.js';
import { matchesOf } from './matches-of.js';
import type { RuleName } from './rules.js';
import type { Span } from './span.js';

/**
 * A secret that is recognised by the words before it: its rule, words that such a text contains, and the pattern that
 * captures it.
 */
type Phrase = readonly [rule: RuleName, hints: string, pattern: RegExp];

const PHRASES: readonly Phrase[] = [
  [
    'bearer',
    'bearer|dpop',
    /\b(?:bearer|dpop)\s+(?![A-Za-z_]+=)(?!(?:realm|token|tokens|auth|authentication|authorization|scheme|header|error|is|was|challenge|method|type|format|or|and|required|expected)\b)([\w.~+/=:|-]{3,})/dgi,
  ],
  ['basic-auth', 'basic', /\bbasic\s+(?![A-Za-z_]+="?)([A-Za-z0-9+/_-]{6,}={0,2})(?![\w-])/dgi],
  [
    'sas',
    'sig=|signature=|token=',
    /\b(?:sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature)=([^\s&"'<>;,]{6,})/dgi,
  ],
  [
    'device-code',
    'enter',
    /\benter (?:the |this )?(?:one-time |user |device )?code:?\s+["']?([A-Z0-9][A-Z0-9-]{3,14})\b/dgi,
  ],
  [
    'otp',
    'code|otp|pass|pin',
    /\b(?:(?:verification|confirmation|security|one-time|login|sign-in|mfa|2fa|sms|auth(?:entication)?|access)\s(?:code|pin|password|passcode)|otp|passcode|pin[12]?)(?:\s(?:is|was))?:?\s+["']?(\d(?:[ -]?\d){3,7})(?![\w.-])/dgi,
  ],
  ['device-code', 'code=', /(?:[?&]|\bgrant_type=authorization_code[^\n]{0,2000}?&)code=([^\s&"'<>]{6,})/dgi],
  [
    'password',
    'identified',
    /\b(?:(?:create|alter)\s+(?:user|role)|grant\b[^;\n]{1,200}?\sto|connect\s+to)\s+(?:if\s+not\s+exists\s+)?\S{1,128}\s+identified\s+by\s+(?!values\b|externally\b|["'])([^\s;"']+)/dgi,
  ],
  ['password', 'identified', /\bIDENTIFIED\s+(?:WITH\s+\S{1,40}\s+)?BY\s+(?:PASSWORD\s+)?["']([^"'\n]+)/dgi],
  [
    'password',
    'password|passphrase|passcode|passwd|pwd|pw',
    /\b(?:with|using|use|try|entered|typed|temporary|initial|default|generated|new|old|tried|weak)\s+(?:the\s+)?(?:password|passphrase|passcode|passwd|pwd|pw)\s+(?=[^\s"']*\d)(?!v?\d[\d.]*(?![^\s.,;:]))([^\s"',;]{6,})/dgi,
  ],
  [
    'password',
    'password|passphrase|passcode|passwd|pwd|pw',
    /\b(?:with|using|use|try|entered|typed|temporary|initial|default|generated|new|old|tried|weak)\s+(?:the\s+)?(?:password|passphrase|passcode|passwd|pwd|pw)\s+["'](?=[^"'\n]{0,64}\d)([^"'\n]{6,64})["']/dgi,
  ],
  [
    'password',
    'pass',
    /\b(?:password|passwd|passphrase|passcode)\s+(?=[^\s"']{0,64}[A-Za-z])(?=[^\s"']{0,64}\d)(?=[^\s"']{0,64}[!@#$%^&*+=?~])([^\s"',;]{6,})/dgi,
  ],
  [
    'password',
    'password |passphrase |passcode |pin |kennwort |passwort ',
    /\b(?:password|passphrase|passcode|pin|kennwort|passwort)\s(?:for|of|f\u00fcr|fur)\s(?:[^\s:=]{1,40}\s){0,3}?[^\s:=]{1,64}\s?(?::|=|\sis|\swas|\slautet|\sist)\s{1,4}["']?(?=[^\s"']{0,64}\d)([^\s"',;]{4,})/dgi,
  ],
  [
    'password',
    'passphrase |password ',
    /\b(?:passphrase|password)\s(?:for|of)\s(?:[^\s:=]{1,40}\s){0,3}?[^\s:=]{1,64}\s?(?::|=|\sis|\swas)\s{1,4}["']?([a-z]{3,16}(?:-[a-z]{3,16}){2,11})(?![\w-])/dgi,
  ],
  ['otp', ' code', /\b((?:[A-Z]-)?\d{4,8})\sas\s(?:your|the)\s(?:\w{1,16}\s){0,2}code\b/dgi],
  [
    'secret',
    'vault ',
    /\bvault\s(?:kv\s(?:put|patch)|write)\s(?:-\S{1,40}\s){0,3}\S{1,120}\s[\w.-]{1,40}=["']?([^\s"'@-][^\s"']{2,128})/dgi,
  ],
  [
    'password',
    'random_password',
    /\brandom_password\.[\w.[\]-]{1,80}\.result["']?\s?[=:]\s?["']?([^\s"',;(]{4,128})/dgi,
  ],
  [
    'password',
    '<string>',
    /<string>[^<]{0,40}(?:password|passcode|secret|token)<\/string>\s{0,40}<string>(?=[^<]{0,128}\d)([^<\s]{4,128})<\/string>/dgi,
  ],
  [
    'password',
    'credential',
    /\bcredentials?\s(?:\w{1,16}\s)?(?:root|admin(?:istrator)?|sa|guest|pi):([^\s"',;:/()]{4,64})(?=[\s"',;)]|$)/dgi,
  ],
  [
    'password',
    'passphrase ',
    /\bpassphrase\s(?:for|of)\s(?:[^\s:=]{1,40}\s){0,3}?[^\s:=]{1,64}\s?(?::|=|\sis|\swas)\s{1,4}["']([^"'\n]{6,128})["']/dgi,
  ],
  ['password', 'password', /\bpassword\s(?=[A-Za-z]{3,32}[-_!.]\d{3,10}(?![\w-]))([^\s"',;]{6,})/dgi],
  [
    'device-code',
    'code',
    /\b(?:unlock|security|activation|enrol?lment|registration|access|pairing|recovery|setup|reset|bypass|kiosk exit|hotspot|installer|guest|wi-?fi|wlan|safe|alarm|door|gate|entry|vault|garage)[ _-]?codes?\s(\d{4,12}|(?!0x)(?=[a-z-]{0,24}\d)(?=[\d-]{0,24}[a-z])[a-z\d-]{6,24})(?![\w.:-])/dgi,
  ],
  [
    'key',
    ' key',
    /\b(?:activation|licen[cs]e|product|serial|master|network|bitlocker|enrol?lment|registration|setup|recovery|wlan|wi-?fi|unlock) key\s(?!(?:aes|rsa|sha|des|ecc?|hmac|tls|p|kb|v)-?\d)(?=[\w-]{0,40}\d)([A-Za-z0-9][\w-]{5,})/dgi,
  ],
  [
    'otp',
    ' code ',
    /\b(?:unlock|security|activation|enrol?lment|registration|access|pairing|recovery|verification|sign-in)\scode\s(?:for|of)\s(?:[^\s:=]{1,40}\s){0,3}?[^\s:=]{1,64}\s?(?::|\sis:?|\swas:?)\s{1,4}["']?(\d(?:[ -]?\d){3,11})(?![\w.-])/dgi,
  ],
  ['password', 'replace', /\bidentified\s+by\s+\S{1,128}\s+replace\s+["']?([^\s"';]{3,128})/dgi],
  [
    'password',
    'login ',
    /(?:^|\n|[>:]\s?)(?:(?!AUTH\b)\w{1,12} )?LOGIN ["']?[^\s"']{1,128}["']? ["']?((?=\S*\d)\S{4,128}?)["']?(?=[ \t]*(?:\n|$)| failed)/dg,
  ],
  [
    'otp',
    'code|kod|codigo|codice',
    /\b(?:your|votre|ton|su|tu|seu|tuo|suo|je|uw|jouw|ihr|dein|twoj|din|ditt|vas|tvuj)\s(?:[a-z'-]{1,16}\s){0,2}(?:[a-z]{0,16}code|kode?|codigo|codice|koodi)\s?(?:[:=]|is|est|es|e|ist|lautet|to|er|ar|je)\s?:?\s?(\d(?:[ -]?\d){3,9})(?![\w.-])/dgi,
  ],
  [
    'otp',
    'tan|puk|code|kod',
    /\b(?:(?:[ime]|sms|push|photo|chip)?-?tan|puk\d?|(?:bestatigungs|sicherheits|verifizierungs|einmal|zugangs|freischalt|anmelde|verificatie|bekreftelses|verifierings|bekraeftelses)-?(?:code|kode?))(?:\s(?:is|ist|lautet|war|was))?:?\s["']?(\d(?:[ -]?\d){3,9})(?![\w.-])/dgi,
  ],
  [
    'otp',
    'with|using|mit',
    /\b(?:unlock|verify|verified|sign(?:ed)? in|log(?:ged)? in|confirm|authenticate|pair|enrol?l)\w{0,3}\s(?:\S{1,40}\s){0,2}?(?:with|using)\s(?:the\s)?(?:code|pin)\s(\d{4,12})(?![\w.-])/dgi,
  ],
  [
    'secret',
    'phrase|mnemonic|words',
    /\b(?:(?:seed|recovery|backup|secret|mnemonic)\s(?:phrase|words)|mnemonic)\W{1,4}((?:[a-z]{3,8}\s){11,23}[a-z]{3,8})\b/dgi,
  ],
  [
    'password',
    'u:|u=|user',
    /\bu(?:ser(?:name)?|sr)?\s?[:=]\s?[^\s,;]{1,64}[\s,;/|]{1,4}p(?:w|ass|wd)?\s?[:=]\s?["']?([^\s"',;]{4,128})/dgi,
  ],
  [
    'password',
    'with |as |using |mit |als |avec |con ',
    /\b(?:(?:log(?:ged|ging)?|sign(?:ed|ing)?)[ -]?(?:in|on)|anmeldung|angemeldet|connexion|sesion|accesso)\s(?:with|as|using|mit|als|avec|con)\s[^\s,]{1,64}(?:\s(?:and|with|und|et|y|e|\/)\s|,\s?)["']?(?=[^\s"']{0,64}[A-Za-z])(?=[^\s"']{0,64}\d)([^\s"',;()/:=]{6,64})(?=["'.]?(?:\s|$))/dgi,
  ],
  [
    'password',
    ' / ',
    /\b(?:zugang|access|acces|acceso|accesso|login|logon|account|konto|compte|cuenta|conta)\s?[:=]?\s["']?[^\s"'/:=]{1,64}["']?\s\/\s["']?(?=[^\s"']{0,64}[A-Za-z])(?=[^\s"']{0,64}\d)([^\s"',;()/:=]{6,64})/dgi,
  ],
  [
    'password',
    ' failed for ',
    /\b(?:log[ -]?(?:on|in)|auth\w*|sign-?[io]n|bind)\sfailed\sfor\s\S{1,80}\s(?:with|using)\s["']?(?!(?:AADSTS|ORA-|HTTP|KB|0x)\d)(?=[^\s"']{0,64}[A-Za-z])(?=[^\s"']{0,64}\d)([^\s"',;():/=]{6,64})/dgi,
  ],
  [
    'password',
    ' with ',
    /\bas\s[\w.@\\-]{1,64}\swith\s["']?(?!(?:AADSTS|ORA-|HTTP|KB|0x)\d)(?=[^\s"']{0,64}[A-Za-z])(?=[^\s"']{0,64}\d)([^\s"',;():/=]{6,64})(?=["']?(?:[ \t]*(?:\n|$)|[ \t]?[.:,;]|[ \t](?:failed|was|is|and)\b))/dgi,
  ],
  [
    'password',
    'incorrect|invalid|failed|denied|wrong|bad|refused',
    /\b(?:incorrect|invalid|failed|denied|wrong|bad|refused)\b[^\n()]{0,40}\([\w.@\\-]{1,64}\s?[/:]\s?(?=[^\s"')]{0,64}[A-Za-z])(?=[^\s"')]{0,64}\d)([^\s"',;():/=]{6,64})\)/dgi,
  ],
  [
    'secret',
    'secret ',
    /\b(?:chap|sip|radius|tacacs|iscsi|ipsec|extension\s\d{1,8})\ssecret\s(?=[^\s"']{0,64}[A-Za-z])(?=[^\s"']{0,64}\d)([^\s"',;():/=]{6,64})/dgi,
  ],
  ['secret', 'secret,', /\bsecret,(?:\w{1,16}=[^\s,]{1,64},){0,6}data=([^\s,]{3,512})/dgi],
  ['password', ':pserver:', /:pserver:[^\s:@]{1,64}:([^\s@]{1,128})@/dgi],
  [
    'secret',
    '-asplaintext',
    /Get-\w{0,32}Secret\b[^\n]{0,200}-AsPlainText[^\n]{0,40}\n\s{0,8}(\S{4,256})[ \t]*(?=\n|$)/dgi,
  ],
  ['password', 'tap', /\bTAP\s?[:=]\s?["']?([^\s"']{6,64})/dg],
  [
    'otp',
    'code',
    /(?<!error |status |exit |zip |post |country )\bcode\b[^\n\d]{0,48}[ :](\d{3}[ -]\d{3})(?![\w.:-])/dgi,
  ],
  ['otp', 'code', /(?<![\w.:-])(\d{3}[ -]\d{3}) is (?:your|the) (?:\w{1,16} ){0,2}code\b/dgi],
  [
    'secret',
    'phrase|losenfras|frase|zin',
    /\b(?:pass-?phrase|(?:unlock|recovery|seed|secret|backup|security) phrase|losenfras|phrase (?:secrete|de passe)|frase (?:secret[ao]|segreta|de paso|de acesso)|sleutelzin|wachtzin|schlusselsatz)\b[^\n"'`:=]{0,60}(?:[:=]\s?["'`]?|["'`]\s?)((?:[a-z]{2,14}[ ]){2,23}[a-z]{2,14})(?=\s?["'`]|[ \t]*(?:\n|$))/dgi,
  ],
  [
    'secret',
    'antwo|answer|reponse|respuesta|risposta|svar',
    /\b(?:security question|secret question|sicherheitsfrage|geheime (?:frage|vraag)|question secrete|pregunta secreta|domanda segreta)\b[^\n]{0,80}?\b(?:antwoord|antwort|answer|reponse|respuesta|risposta|svar)\W{1,4}([\w-]{3,64})/dgi,
  ],
  // The mailboxes of a telephone system: number, PIN and name.
  ['password', '=>', /(?:^|[\n\s])\d{2,8}\s?=>\s?(\d{3,10}),(?=[A-Za-z])/dg],
  [
    'password',
    'securestring',
    /\bconvert\s(?:the\s)?(?:value\s)?["']([^"'\n]{3,256})["'](?:\svalue\sof\stype\s["'][\w.]{1,64}["'])?\sto\stype\s["']?[\w.]{0,40}SecureString/dgi,
  ],
  [
    'password',
    'using |with ',
    /\b(?:unlock|open|decrypt|unprotect)\w{0,4}\s(?:\S{1,40}\s){0,3}?(?:using|with)\s["']?(?=[^\s"']{0,64}[a-z])(?=[^\s"']{0,64}[A-Z])(?=[^\s"']{0,64}\d)(?=[^\s"']{0,64}[-_!#$%^&*])([^\s"',;():/=.@\\]{6,64})(?=["'.]?(?:\s|$))/dg,
  ],
  [
    'otp',
    'pin|code',
    /\b(?:pin|code|passcode|otp)\s(?:(?:you|he|she|they|user|we)\s)?(?:entered|typed|gave|used|sent|provided)\W{1,3}(\d{4,10})(?![\w.-])/dgi,
  ],
  ['otp', 'verification', /\bverification\s?:\s?(\d{4,8})(?![\w.:-])/dgi],
  [
    'otp',
    'otp',
    /\b[th]?otp\b[^\n\d]{0,48}(?<![\w.,:#-])(\d{6})(?![\w.:-])(?:\s?(?:!=|<>|vs\.?|but got|instead of)\s?(\d{6})(?![\w.:-]))?/dgi,
  ],
  ['otp', 'otp', /(?<![\w.,:#-])(\d{6})(?![\w.:-])[^\n\d]{0,48}\b[th]?otp\b/dgi],
  [
    'password',
    'hash',
    /\b(?:nt|lm|ntlm(?:v2)?|msv)\s?hash\W{1,3}(?:\w{1,32}\W{1,2})?([0-9a-f]{32})(?![\w-])/dgi,
  ],
  // A program's report: what a secret was and is now.
  [
    'password',
    ' from ',
    /\b(?:changed?|changing|updated?|rotated?)\s(?:[\w-]{1,24}\s){0,2}(?:psk|passphrase|password|pwd|pw|pin|secret)\sfrom\s["']?(?=[^\s"']{0,64}\d)(?=[^\s"']{0,64}[A-Za-z])([^\s"',;]{6,64})["']?\sto\s["']?(?=[^\s"']{0,64}\d)(?=[^\s"']{0,64}[A-Za-z])([^\s"',;]{6,64})/dgi,
  ],
  [
    'password',
    'new value ',
    /\bpassword\b[^\n]{0,40}\bnew value\s["']?(?=[^\s"']{0,64}\d)(?=[^\s"']{0,64}[A-Za-z])([^\s"',;=]{6,64})/dgi,
  ],
  [
    'password',
    'laps',
    /\bLAPS\b:?\s[A-Z]{1,15}[-_]?\d{1,8}[:\s]{1,3}(?=[^\s"']{0,64}\d)(?=[^\s"']{0,64}[a-z])(?=[^\s"']{0,64}[A-Z])([^\s"',;:/]{8,64})/dg,
  ],
  [
    'password',
    'auth login ',
    /\bAUTH LOGIN (?!PLAIN\b)([A-Za-z0-9+/]{8,}={0,2}) ([A-Za-z0-9+/]{8,}={0,2})(?![\w-])/dg,
  ],
  // Google's and Apple's passwords for one program: four groups of four letters.
  [
    'password',
    'app',
    /\bapp(?:-specific)?[ -]?(?:password|passwort|kennwort)\W{1,4}((?:[a-z]{4}[ -]){3}[a-z]{4})(?![\w-])/dgi,
  ],
  // Redis: the command that signs in, and the passwords of its users.
  [
    'password',
    'auth ',
    /(?:^|\n|[>"':]\s?)AUTH (?:[\w.@-]{1,64} )?((?=\S*\d)(?=\S*[A-Za-z])[^\s"']{4,128})(?=["']?[ \t]*(?:\n|$))/dg,
  ],
  [
    'password',
    'user ',
    /\buser \S{1,64}(?: (?:on|off|reset|nopass|[~&+%-]\S{1,64})){0,8} [>#<]([^\s"']{4,128})/dgi,
  ],
  ['password', 'add-mask', /::add-mask::([^\s"']{3,512})/dgi],
  [
    'otp',
    'code|pin|otp|pass|kod|kode|codigo|codice|kennwort|mot de',
    /(?<![\w.-])(?:[A-Z]{1,3}-)?(\d{6,8}|\d{4,5}(?=\s\S{1,5}\s(?:your|ihr|dein|votre|su|tu|il tuo|seu|uw|je|jouw|twoj|din)\b))\s(?:is|ist|est|es|e|er|is|to|jest|\u00e8)\s(?:[a-z'-]{1,16}\s){0,4}(?:code|pin|otp|passcode|password|kod|kode|codigo|codice|passwort|kennwort|einmalcode|[a-z]{2,16}code)\b/dgi,
  ],
  [
    'otp',
    'use |enter |type ',
    /\b(?:use|enter|type)\s(?:the\s)?(?:code\s)?(\d{4,8})\s(?:to|when|for)\s(?:sign|log|verify|confirm|authenticate|unlock|reset|approve|complete|finish|activate|access)/dgi,
  ],
  // The two lines of a sign-in by SMTP, in base64, and the command of FTP and POP3.
  [
    'password',
    'auth ',
    /\bAUTH (?:LOGIN|PLAIN) (?!PLAIN\b|LOGIN\b)(?:[A-Za-z0-9+/]{4,}={0,2}\s)?(?!PLAIN\b|LOGIN\b|X?OAUTH|CRAM|DIGEST|SCRAM|NTLM|GSSAPI)((?=[A-Za-z+/]*[\d=])[A-Za-z0-9+/]{4,}={0,2})(?![\w-])/dg,
  ],
  ['password', 'pass ', /(?:^|\n|> )PASS ((?=\S*\d)(?=\S*[A-Za-z])\S{4,})(?=[ \t]*(?:\n|$))/dg],
  [
    'password',
    'cred',
    /\bcred(?:ential)?s?\s[\w.-]{1,64}\\[\w.-]{1,64}\s?[/:]\s?["']?(?=[^\s"']{0,64}[A-Za-z])(?=[^\s"']{0,64}\d)([^\s"',;()]{6,})/dgi,
  ],
  [
    'password',
    'cred',
    /\bcred(?:ential)?s?\s(?!(?:source|type|kind|provider|scope|store):)(?:\(\s?[^\s"',:()]{1,64}\s?[,:/]\s?|[^\s"',:()]{1,64}:)["']?(?=[^\s"')]{0,64}[A-Za-z])(?=[^\s"')]{0,64}\d)([^\s"',;()]{6,})/dgi,
  ],
  [
    'password',
    'user|login|account|benutzer',
    /\b(?:user(?:name)?|login|account|benutzer)\s?[/&|,]\s?(?:pass(?:word|wd)?|pwd?|kennwort|passwort)\s?[:=]\s?[^\s/,|:]{1,64}\s?[/,|:]\s?([^\s,;]{4,})/dgi,
  ],
  [
    'password',
    'user',
    /\buser(?:name)?\s[^\s:=]{1,64}\spass(?:word)?\s(?=[^\s"']{0,64}\d)(?=[^\s"']{0,64}[A-Za-z])([^\s"',;]{6,})/dgi,
  ],
  [
    'password',
    'password |passphrase |passcode |client secret |kennwort |passwort ',
    /\b(?:password|passphrase|passcode|client secret|kennwort|passwort)\s(?!(?:policy|policies|profile|rule|setting|history|reset|age|hash|v\d)\b)((?=[^\s"']{0,64}\d)(?=[^\s"']{0,64}[A-Za-z])[^\s"',;:=()]{6,})\s{1,3}(?:is|was|has|does|did|too|not|wrong|invalid|rejected|refused|expired|failed|ist|wurde|hat)\b/dgi,
  ],
  [
    'secret',
    'secret ',
    /\bsecret\s((?=[^\s"']{0,64}\d)(?=[^\s"']{0,64}[A-Za-z])[^\s"',;:=()]{6,})\s(?:is|was)\s(?:wrong|invalid|incorrect|rejected|refused|too)\b/dgi,
  ],
  [
    'wifi-key',
    'wi-fi|wifi|wlan|ssid|network',
    /\b(?:wi-?fi|wlan|ssid|network)\s["'][^"'\n]{1,64}["']:?\s(?:key|psk|pass(?:word|phrase))\s["']?((?=[^\s"']{0,64}\d)[^\s"',;]{6,})/dgi,
  ],
  [
    'secret',
    'but ',
    /\b(?:secret|token|password|key|passphrase)\s((?=[^\s,;]{0,64}\d)(?=[^\s,;]{0,64}[A-Za-z])[^\s,;]{6,})\sbut\s(?:got|was|found|received)\s([^\s,;]{6,})/dgi,
  ],
  [
    'token',
    'key|token',
    /\b(?:(?:api|access|refresh|bearer|session|auth|subscription)[ -](?:key|token)|(?:zugriffs|sitzungs|aktualisierungs)token)\s["']?(?!v?\d+\.|[0-9a-f]{8}-[0-9a-f]{4}-)((?=[^\s"']{0,64}\d)(?=[^\s"']{0,64}[A-Za-z])[^\s"',;:/()=]{8,})/dgi,
  ],
  [
    'password',
    'mot de passe|contrasena|senha|wachtwoord|kennwort|passwort|losenord',
    /\b(?:mot de passe|contrasena|senha|wachtwoord|kennwort|passwort|losenord)\s(?:[^\s:=]{1,40}\s){0,4}?[^\s:=]{1,40}(?:\s?[:=]|\s(?:es|est|is|ist|lautet|e|ar|era|was|war|:))\s{1,4}["']?((?=[^\s"']{0,64}\d)(?=[^\s"']{0,64}[A-Za-z])[^\s"',;]{4,})/dgi,
  ],
  [
    'password',
    'password |passphrase |passcode |pwd |pw |pin ',
    /\b(?:set|setting|resets?|resetting|changed?|changing|updated?|rotated?)\s(?:(?:the|its|his|her|my|your|new|old|account|user|login|root|admin|administrator|local|temporary|initial)\s){0,3}(?:password|passphrase|passcode|pwd|pw|pin)\s(?:(?:for|of)\s[^\s:=]{1,64}\s)?(?:to|from)\s["']?(?=[^\s"']{0,64}\d)(?=[^\s"']{0,64}[A-Za-z])([^\s"',;]{6,})/dgi,
  ],
  [
    'password',
    'cred',
    /\bcred(?:ential)?s?\s(?!(?:source|type|kind|provider|scope|store):)[\w.@-]{1,64}[/:](?=[^\s"']{0,64}[A-Za-z])(?=[^\s"']{0,64}\d)([^\s"',;()/]{6,})/dgi,
  ],
  ['password', 'login', /\blogin\s+[^\s"']{1,64}\s+password\s+([^\s"']+)/dgi],
  [
    'password',
    ':',
    /:(?:\d{2,5}|\*):(?<=(?<![\w.:-])(?!(?:[0-9a-f]{1,4}:){4})[\w.*-]{1,100}:(?:\d{2,5}|\*):)[\w.*-]{1,64}:[\w.*@-]{1,64}:(?!\d{1,5}:)([^\s:"'][^\s"']{2,})/dgi,
  ],
  [
    'secret',
    'secretsettingvalue',
    /SecretSettingValue["']\s{0,8},\s{0,8}["']value["']\s{0,8}:\s{0,8}["']([^"'\n]+)/dgi,
  ],
  [
    'secret',
    'valuestate',
    /["']value["']\s{0,8}:\s{0,8}["']([^"'\n]{1,4096})["']\s{0,8},\s{0,8}["']valueState["']/dgi,
  ],
  ['private-key', 'private-', /\bPrivate-(?:Lines:\s*\d+|MAC:)\s*((?:[A-Za-z0-9+/=]{4,}(?![\w-]*:)\s*)+)/dg],
  [
    'cookie',
    'path|expires|max-age|domain|httponly|secure|samesite',
    /=(?<=(?<![\w-])(?!(?:domain|path|expires|max-age|samesite|priority)=)[\w.-]{2,64}=)([^\s;,"']{4,512});\s*(?:path|expires|max-age|domain|httponly|secure|samesite)\b/dgi,
  ],
  [
    'session',
    'sid=|sessionid=|aspnetcore|arraffinity|fedauth|rtfa=|buid=|estsauth|__host-|__secure-|_session=|wordpress_',
    /\b(?:connect\.sid|asp\.net_sessionid|\.aspnetcore\.[\w.]{1,40}|arraffinity(?:samesite)?|fedauth|rtfa|buid|estsauth\w{0,12}|__(?:host|secure)-[\w-]{1,40}|laravel_session|_gitlab_session|wordpress_logged_in_\w{1,40})=([^\s;,"'&]{4,})/dgi,
  ],
];

const BY_HINT = PHRASES.map(([rule, hints, pattern]) => ({ rule, hints: hints.split('|'), pattern }));

/** Finds secrets by the words before them. The words themselves are kept. */
export function findAfterWords(text: string, add: (span: Span) => void): void {
  const lower = text.toLowerCase();
  for (const { rule, hints, pattern } of BY_HINT) {
    if (!hints.some((hint) => lower.includes(hint))) continue;
    for (const match of matchesOf(text, pattern)) {
      if ((rule === 'bearer' || rule === 'basic-auth') && !isOpaque(match[1] ?? '')) continue;
      for (const span of match.indices?.slice(1) ?? [])
        if (span !== undefined && !(rule === 'password' && isWordOfSentence(text, match.index, span)))
          add({ start: span[0], end: span[1], rule });
    }
  }
}

/** Whether a value is a word of the sentence, or has been named in it before. */
function isWordOfSentence(text: string, from: number, [start, end]: readonly [number, number]): boolean {
  const value = text.slice(start, end);
  return isSentenceWord(value) || text.slice(from, start).includes(`${value} `);
}

/** Tells a token from an ordinary word, as in a sentence about bearers or basics. */
function isOpaque(value: string): boolean {
  return value.length >= 20 || /[a-z][A-Z]|\d|[+/=_~]/.test(value);
}
