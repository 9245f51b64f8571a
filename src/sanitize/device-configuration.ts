import { isBenignValue, isSentenceWord } from './benign.js';
import { matchesOf } from './matches-of.js';
import type { Span } from './span.js';

const VALUE = '("[^"\\n]+"|\'[^\'\\n]+\'|[^\\s"\';]+)';
/** A number before a secret says how it is obfuscated: `password 7 …`, `key 0 …`. */
const KIND =
  '(?:(?:\\d{1,2}|(?:irreversible-)?cipher|simple|ENC|enc|ascii(?:-text)?|hex(?:adecimal)?(?:-key)?|clear(?:text)?|plain|local|remote)[ \\t]{1,4}){0,2}';

/**
 * Configuration lines of routers, switches, access points and tunnels. In the first group every value is a secret,
 * because the line has no other meaning; in the second the words occur in sentences too, so that a value counts only
 * if it doesn't look like a word.
 */
const WHOLE_LINES = [
  `\\bsnmp-server[ \\t]+community[ \\t]+${VALUE}`,
  `\\busername[ \\t]+\\S{1,64}[ \\t][^\\n]{0,80}?\\b(?:password|secret)[ \\t]+\\d{1,2}[ \\t]+${VALUE}`,
  '\\bcommunity[ \\t]{1,4}(\\S{3,64})[ \\t]{1,4}(?:ro|rw|read-only|read-write|authorization)\\b',
  `\\bsnmp-server[ \\t]+host[ \\t]+\\S+[ \\t]+(?:(?:traps|informs|version|vrf|1|2c|3|auth|noauth|priv)[ \\t]+)*(?!(?:traps|informs|version|vrf|udp-port|1|2c|3|auth|noauth|priv)\\b)${VALUE}`,
  `\\bsnmp-server[ \\t]+user\\b[^\\n]{0,160}?[ \\t]auth[ \\t]+(?:md5|sha(?:-?\\d{3})?)[ \\t]+${VALUE}`,
  `\\bsnmp-server[ \\t]+user\\b[^\\n]{0,200}?[ \\t]priv[ \\t]+(?:des|3des|aes)(?:[ \\t]*-?(?:128|192|256))?[ \\t]+${VALUE}`,
  `\\b(?:isakmp|ikev[12])[ \\t]+key[ \\t]+${KIND}${VALUE}[ \\t]+(?:address|hostname)\\b`,
  `\\b(?:message-digest|authentication)-key[ \\t]+\\d+[ \\t]+(?:md5|sha\\d*|hmac-\\S+)[ \\t]+${KIND}${VALUE}`,
  `\\bpre-shared-(?:key|secret)[ \\t]+(?:ascii-text|hexadecimal|local|remote|address[ \\t]+\\S+(?:[ \\t]+key)?)[ \\t]+${KIND}${VALUE}`,
  `\\bwpa\\d?-psk[ \\t]+(?:ascii|hex)[ \\t]+${KIND}${VALUE}`,
  `\\bppp[ \\t]+(?:chap|pap\\b[^\\n]{0,80}?)[ \\t]+password[ \\t]+${KIND}${VALUE}`,
  `\\bset-key[ \\t]+${KIND}${VALUE}`,
  `\\b(?:encrypted-password|plain-text-password(?:-value)?)[ \\t]+${VALUE}`,
  `\\bsnmp(?:-agent)?[ \\t]+community[ \\t]+(?:read|write|add|set[ \\t]+\\S{1,64})[ \\t]+(?:cipher[ \\t]+|simple[ \\t]+|name=)?${VALUE}`,
  `\\bsnmp[ \\t]+community\\n[ \\t]{0,8}edit[ \\t]+\\d{1,5}\\n[ \\t]{0,8}set[ \\t]+name[ \\t]+${VALUE}`,
  `\\boption[ \\t]+(?:key\\d?|auth_secret|priv_key|sae_password)[ \\t]+${VALUE}`,
  `\\bwireless\\.[^\\s=]{1,64}\\.key\\d?=${VALUE}`,
  `\\b(?:tacacs|radius)-server[ \\t]+host[ \\t]+\\S+[^\\n]{0,80}?[ \\t]key[ \\t]+${KIND}${VALUE}`,
  `(?:^|\\n)[ \\t]{0,8}r[ow]community6?[ \\t]+${VALUE}`,
  `\\bcreateUser[ \\t]+\\S{1,64}[ \\t]+(?:MD5|SHA\\S{0,8})[ \\t]+${VALUE}`,
  `\\bcreateUser[ \\t]+\\S{1,64}[ \\t]+(?:MD5|SHA\\S{0,8})[ \\t]+\\S{1,128}[ \\t]+(?:DES|AES\\S{0,8})[ \\t]+${VALUE}`,
  `\\bradtest[ \\t]+\\S{1,64}[ \\t]+${VALUE}[ \\t]+\\S{1,128}[ \\t]+\\d{1,5}`,
  `\\bradtest[ \\t]+\\S{1,64}[ \\t]+\\S{1,128}[ \\t]+\\S{1,128}[ \\t]+\\d{1,5}[ \\t]+${VALUE}`,
  '(?:^|\\s):[ \\t]+(?:PSK|EAP|XAUTH|NTLM|PIN)[ \\t]+("[^"\\n]+"|0s\\S+)',
];

/** Lines of a few words in which the last one can be any word; they are indented below what they belong to. */
const INDENTED_LINES = [
  `\\n[ \\t]{1,16}(?:password|key|secret|passphrase)[ \\t]{1,4}${KIND}${VALUE}[ \\t]*(?=\\n|$)`,
  `\\n[ \\t]{1,16}set[ \\t]{1,4}(?:psksecret|password|passwd|secret|key|passphrase|auth-pwd|priv-pwd)[ \\t]{1,4}${KIND}${VALUE}[ \\t]*(?=\\n|$)`,
];

const ALSO_SENTENCES = [
  `\\benable[ \\t]+(?:password|secret)[ \\t]+(?:level[ \\t]+\\d{1,2}[ \\t]+)?${KIND}${VALUE}`,
  `\\busername[ \\t]+\\S{1,64}[ \\t][^\\n]{0,80}?\\b(?:password|secret)[ \\t]+${KIND}${VALUE}`,
  `\\b(?:password|secret|key|key-string)[ \\t]\\d[ \\t]${VALUE}`,
  `\\b(?:radius|tacacs|isakmp|ikev[12]|ntp|ospf|bgp|hsrp|neighbor|server|host|peer)\\b[^\\n]{0,80}?[ \\t](?:key(?!-)|pre-shared-key|authentication-key|password|(?:shared-|pre-shared-)?secret|shared-key)[ \\t]{1,4}${KIND}(?!for\\b|of\\b)${VALUE}`,
  `\\bset[ \\t]{1,4}(?:psksecret|password|passwd|secret|key|passphrase)[ \\t]{1,4}${KIND}${VALUE}`,
  `\\b(?:requirepass|masterauth|rootpw|bindpw)[ \\t]+(?:--\\w{1,12}[ \\t]+)?${VALUE}`,
  `\\b(?:management[ \\t]+user|mgmt-user|user)[ \\t]+\\S{1,64}[ \\t]+(?:plaintext|cleartext|root|guest-provisioning|network-operations|read-only)[ \\t]+${VALUE}`,
  `\\b(?:standby|vrrp|glbp)[ \\t]+\\d+[ \\t]+authentication[ \\t]+(?:text[ \\t]+|md5[ \\t]+key-string[ \\t]+)?${KIND}${VALUE}`,
  `\\bkey-string[ \\t]+${KIND}${VALUE}`,
  `\\b(?:radius|tacacs|aaa-server)[^]{0,240}?\\n[ \\t]{1,8}key[ \\t]+${KIND}${VALUE}`,
  `(?:^|\\n)[ \\t]{0,8}(?:[a-z][\\w-]{0,23}[ \\t]+)?[\\w-]{0,24}(?:secret|_key)[ \\t]+${VALUE}[ \\t]*(?=\\n|$)`,
  `\\bcommunity[ \\t]{0,4}[:=][ \\t]{0,4}(?=["']?[A-Za-z])${VALUE}`,
  `\\b(?:snmp|snmpv[12]c?)[ \\t]+community[ \\t]+${VALUE}`,
  `\\b(?:pre-?shared-(?:key|secret)(?:[ \\t]key)?|shared-secret|psk|wpa[ \\t]passphrase|psksecret)[ \\t]{1,4}${KIND}${VALUE}`,
];

const compile = (sources: readonly string[]) => sources.map((source) => new RegExp(source, 'dgi'));
const GROUPS = [
  { patterns: compile(WHOLE_LINES), isSecret: (value: string) => !isSentenceWord(value) },
  {
    patterns: compile(INDENTED_LINES),
    isSecret: (value: string) => !isSentenceWord(value) && /^.{3,}[^:]$/.test(value),
  },
  { patterns: compile(ALSO_SENTENCES), isSecret: isUnlikeWord },
];

const ANY =
  /pass(?:word|wd|phrase)|secret|community|key|psk|snmp-server|pre-?shared|requirepass|plaintext|mgmt-user|masterauth|rootpw|bindpw|authentication|createuser|radtest|:[ \t]+(?:eap|xauth|ntlm|pin)\b/i;

/** Finds passwords, communities and keys in lines of device configurations: `enable secret 5 …`. */
export function findInDeviceConfigurations(text: string, add: (span: Span) => void): void {
  if (!ANY.test(text)) return;
  for (const { patterns, isSecret } of GROUPS) {
    for (const pattern of patterns) {
      for (const match of matchesOf(text, pattern)) {
        const span = match.indices?.[1];
        const quoted = match[1] as string;
        const value = quoted.replace(/^["']|["']$/g, '');
        if (!span || value.includes('\uE000') || isBenignValue(value) || !isSecret(value)) continue;
        const quote = quoted.length > value.length ? 1 : 0;
        add({ start: span[0] + quote, end: span[0] + quote + value.length, rule: 'password' });
      }
    }
  }
}

/** A word has no digits, and capitals at its beginning only; a short number is a place in a list. */
function isUnlikeWord(value: string): boolean {
  if (value.length < 4 || /^\d{1,5}$|:$|^[a-z]+=$|^[[(<{]/.test(value) || isSentenceWord(value)) return false;
  return /\d/.test(value) || /[a-z][A-Z]/.test(value) || /[a-z][!@#$%^&*+?~]/i.test(value);
}
