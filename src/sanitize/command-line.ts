import { isBenignValue, isSentenceWord } from './benign.js';
import { matchesOf } from './matches-of.js';
import { secretNameRule } from './secret-names.js';
import type { Span } from './span.js';

/** A value: quoted, or up to a blank. A text that begins like a flag or is an address with a port is no value. */
const VALUE = '("[^"\\n]*"|\'[^\'\\n]*\'|(?!(?:\\d{1,3}\\.){3}\\d{1,3}:\\d)[^\\s"\'-][^\\s"\']*)';
const ANY_VALUE = '("[^"\\n]*"|\'[^\'\\n]*\'|[^\\s"\']+)';
const GAP = '[ \\t]{1,4}';

function flag(names: string, separator: string, value: string = VALUE): RegExp {
  return new RegExp(`\\s-(?:${names})${separator}${value}`, 'g');
}

/** Programs whose short flags take a secret, and these flags. */
const SHORT_FLAGS: ReadonlyArray<readonly [programs: string, flags: RegExp]> = [
  ['mysql\\w*|mariadb\\w*', flag('p', '(?=\\S)', ANY_VALUE)],
  [
    'sshpass|docker|podman|nerdctl|helm|az|mongo\\w*|7z\\w?|unzip|zip|influx|rabbitmq\\w*|htpasswd|mosquitto_passwd|skopeo|buildah|crane|' +
      'nats|oc|cqlsh|vault|psexec\\w*|pskill\\w*|psservice\\w*|winrs|certutil|ktpass|nuget|tabcmd|iisext',
    flag('p', '(?:[ \\t]{1,4}|[=:])?'),
  ],
  ['rar|unrar|7z\\w?', flag('hp|p', '', ANY_VALUE)],
  ['unzip|zip|zipcloak', flag('P', GAP)],
  ['sqlcmd|bcp|osql|isql|sqlpackage|mosquitto_\\w+', flag('P', '[ \\t]{0,4}')],
  ['redis-cli|keydb-cli|valkey-cli', flag('a', GAP)],
  ['ldap(?:search|modify|add|delete|passwd|whoami|modrdn|compare|exop)', flag('w', '[ \\t]{0,4}')],
  ['ldappasswd', flag('s|a', GAP)],
  ['smbpasswd', flag('w', GAP)],
  ['esxcli', flag('p|c', GAP)],
  ['altool|notarytool|knife', flag('p|P', GAP)],
  ['sqlpackage', /\s\/[ts]p:("[^"\n]*"|[^\s"']+)/gi],
  ['dtexec', /\s\/de(?:crypt)?[ \t]{1,4}("[^"\n]*"|[^\s"'/]+)/gi],
  ['plink|pscp|psftp|putty|kitty', flag('pw', GAP)],
  ['openssl', flag('k|K|passin|passout|pass|passwd', `${GAP}(?:pass:)?`)],
  ['pvk2pfx', flag('pi|po', GAP)],
  ['snmp\\w+', flag('c|A|X', GAP)],
  ['ipmitool|freerdp|xfreerdp|rdesktop|(?:evil-)?winrm|crackmapexec|netexec', flag('P|p', GAP)],
  ['ssh-keygen', flag('P|N', GAP)],
  ['useradd|usermod|groupmod', flag('p', GAP)],
  ['curl|wget', /\s(?:-b|--cookie)[ =]{1,4}["']?[\w.-]{1,64}=([^\s"';]+)/g],
  ['http|https|xh', /\s(?:-a|--auth)[ =]{1,4}["']?[^\s:"']{0,128}:([^\s"']+)/g],
  ['lftp', /\s(?:-u|--user)[ =]{1,4}["']?[^\s,"']{1,128},([^\s"']+)/g],
  [
    'curl|wget|http|https|xh|snmpwalk|snmpget|svn|govc|jenkins-cli',
    /\s(?:-u|--user|-U|--proxy-user)[ =]{0,4}["']?[^\s:"']{0,128}:("[^"\n]*"|'[^'\n]*'|[^\s"']+)/g,
  ],
  [
    'smbclient|rpcclient|smbget|winexe|wmic|net|pth-\\w+|impacket-\\w+|mount\\.cifs',
    /\s(?:-U|--user)[ =]{0,4}["']?[^\s%"']{1,64}%([^\s"']+)/g,
  ],
  [
    'schtasks|signtool|cmdkey|tasklist|taskkill|systeminfo|eventcreate|getmac|gpresult|openfiles|driverquery|typeperf|' +
      'wevtutil|dcdiag|repadmin|netdom|ktpass|wmic|waitfor|logman|winrs|bitsadmin|makecert|setup|sc|runas|dism|vaultcmd|' +
      '[wx]?freerdp\\d?',
    new RegExp(
      `\\s/(?:r?p|pw|pass|password[dotu]?|pd|po|pi|userpassword|authenticator)(?:[ \\t]{1,4}|[:=][ \\t]?)${VALUE.replace('"\'-]', '"\'/-]')}`,
      'gi',
    ),
  ],
  [
    'wpa_passphrase',
    new RegExp(`\\bwpa_passphrase${GAP}${ANY_VALUE.replace('(', '(?:')}${GAP}${VALUE}`, 'g'),
  ],
  [
    'anydesk|runas|sudo|passwd|chpasswd|docker|podman|helm|gh|glab|su|kinit|cryptsetup|gpg|ftp|vault|mount|openssl|faillock|smbpasswd',
    /\becho[ \t]{1,4}(?:-\w{1,3}[ \t]{1,4})?("[^"\n]*"|'[^'\n]*'|[^\s"'|]+)[ \t]{0,4}\|/g,
  ],
];

const BY_PROGRAM = SHORT_FLAGS.map(
  ([programs, flags]) => [new RegExp(`(?<![.\\w])(?:${programs})\\b`, 'i'), flags] as const,
);
const ANY_PROGRAM = new RegExp(`\\b(?:${SHORT_FLAGS.map(([programs]) => programs).join('|')})\\b`, 'i');

/** A `-p` without a known program takes a secret only if the text after it is no port, path, host or plain word. */
const LONE_FLAG = /(?:^|[\s"'[(])-p\s+["']?((?=[^\s"']*\d)(?=[^\s"']*[A-Za-z])[^\s"'/\\.:-][^\s"'/\\:]{3,})/g;
const OTHER_USES_OF_P =
  /\b(?:mkdir|cp|scp|ssh|tar|ps|lsof|install|rsync|tsc|node|npx|grep|touch|kill|pgrep|nmap|netstat)\b/;

/** Programs that take a secret by its place: after how many words, and the pattern that captures it. */
const BY_PLACE = [
  /\brasdial(?:\.exe)?[ \t]+(?:"[^"\n]*"|\S+)[ \t]+[^\s/]+[ \t]+([^\s/]\S*)/gi,
  /\bautologon(?:64)?(?:\.exe)?[ \t]+(?:\/\S+[ \t]+)?[^\s/]+[ \t]+\S+[ \t]+(\S+)/gi,
  /\/setcredentials[ \t]+(?:"[^"\n]*"|\S+)[ \t]+(?:server|proxy)[ \t]+\w+[ \t]+\S+[ \t]+(\S+)/gi,
  /\bdscl\b[^\n]{0,80}[ \t]-?passwd[ \t]+\/\S+[ \t]+(\S+)/gi,
  /\bdscl\b[^\n]{0,80}[ \t]-?passwd[ \t]+\/\S+[ \t]+\S+[ \t]+(\S+)/gi,
  /\bsecurity[ \t]+(?:import|export|set-key-\S+|(?:un)?lock-\S+|(?:create|set)-keychain\S*|add-\w+-password)\b[^\n]{0,160}?[ \t]-[pPkw][ \t]+(?!\S*\.keychain)("[^"\n]*"|'[^'\n]*'|[^\s"'-]\S*)/g,
  /\bnuget[ \t]+push\b[^\n]{0,160}?[ \t]-k[ \t]+(\S+)/g,
  /\biw(?:config|priv)\b[^\n]{0,80}?[ \t]key[ \t]+(?:s:|restricted[ \t]+)?((?!on\b|off\b|open\b)\S+)/gi,
  /\brclone[ \t][^\n]{0,160}?[ \t](?:pass|password2?|secret_access_key|client_secret|token)[ \t]+(\S+)/gi,
  /\bftp\b(?:[^\n]{0,80}\n){1,3}?[ \t]{0,8}user[ \t]+\S+[ \t]+(\S+)/gi,
  /-(?:password|passphrase)-command[= ]["']?echo[ \t]+([^\s"']+)/gi,
  /\bauth-user-pass[ \t]+<\(echo[ \t]+(?:-\w+[ \t]+)?["'][^\\"'\n]{1,64}\\n([^"'\n]+)["']/gi,
  /(?:password|passphrase|secret)[\w-]{0,20}[ =]<\(echo[ \t]+["']?([^\s"')]+)/gi,
  /\bsmbclient[ \t]+["']?\/\/\S+[ \t]+([^\s-]\S*)/gi,
  /\bprofiles[ \t]+-[^\n]{0,160}?[ \t]-z[ \t]+(\S+)/g,
  /["'](?:--?|\/)(?:p|pw|rp|pass)["']\s{0,4},\s{0,4}["']((?=[^"'\n]*\d)(?=[^"'\n]*[A-Za-z])[^"'\n/\\.:-][^"'\n/\\:]{3,80})["']/gi,
  /-setairportnetwork[ \t]+\S+[ \t]+(?:"[^"\n]*"|\S+)[ \t]+(\S+)/gi,
  /\bnmcli\b[^\n]{0,160}[ \t](?:[\w-]+\.){0,3}(?:password|psk|wep-key\d|private-key-password)[ \t]+(\S+)/gi,
  /\bwlan\b[^\n]{0,160}[ \t]key=("[^"\n]*"|\S+)/gi,
  /\bchpasswd\b[^\n]{0,40}<<<?[ \t]*["']?[\w.-]+:([^\s"']+)/gi,
  /\becho[ \t]+["']?[\w.-]+:([^\s"']+)["']?[ \t]*\|[ \t]*(?:sudo[ \t]+)?chpasswd/gi,
  /\bset-(?:pin|password)[ \t]+(?:--old[ \t]+\S+[ \t]+)?(\S+)/gi,
  /\b(?:htpasswd|mosquitto_passwd)\b[^\n]{0,40}?[ \t]-(?=\w*b)(?!\w*n)\w{1,6}[ \t]+\S+[ \t]+\S+[ \t]+(\S+)/g,
  /\b(?:htpasswd|mosquitto_passwd)\b[^\n]{0,40}?[ \t]-(?=\w*b)(?=\w*n)\w{1,6}[ \t]+\S+[ \t]+(\S+)/g,
  /\brabbitmqctl\b[^\n]{0,80}?[ \t](?:add_user|change_password|authenticate_user)[ \t]+\S+[ \t]+(\S+)/gi,
  /\bvault[ \t]+login[ \t]+(?:-\S+[ \t]+){0,4}((?=\S*\d)[^\s=-][^\s=]{7,})/gi,
  /--(?:with-token|password-stdin)\b[^\n|]{0,20}<<<?[ \t]*["']?([^\s"']+)/gi,
  /\b(?:input|owner|user)_pw[ \t]+(\S+)/gi,
  /\bsend[ \t]+(?:--[ \t]+)?["']((?=[^"'\n]*\d)[^"'\n\\$]{4,64})(?:\\[rn]|\n)/gi,
  /\bauth-user-pass["']?[ \t]{0,4}[:=]?[ \t]{1,4}["']?[^\s"'./\\]+[ \t]+(?!(?:not|is|was|missing)\b)([^\s"']+)/gi,
  /\b(?:sudo|read|passwd|vncpasswd|mosquitto_passwd|keepassxc-cli|pass|op|bw|lpass|vault|gpg|su|kinit|cryptsetup|fdesetup|hdiutil|openssl|docker|ssh-add|smbpasswd)\b[^\n|;<]{0,60}<<<[ \t]*["']?([^\s"']+)/gi,
  /\bpassword 51:b:([0-9a-f]{8,})/gi,
  /\b(?:sqlplus|sqlldr|rman|expdp|impdp|exp|imp|userid|conn(?:ect)?|target|catalog|auxiliary|tkprof|dgmgrl)\b[^\n/]{0,40}?[ \t=]["']?[\w.$#]{1,64}\/(?!as\b|[^\s@]{0,64}\.\w{2,4}(?:\s|$))["']?([^\s/@"']{3,128})(?:["']?@|["']?[ \t]+(?:\w+=|as\b|@)|["']?[ \t]*(?:\n|$))/gi,
  /(?<![\w:/.@-])[\w.$-]{1,64}\/(?=[^\s/@"'<>]{0,128}\d)(?=[^\s/@"'<>]{0,128}[A-Za-z])([^\s/@"'<>]{5,128})@(?!v?\d|sha256:|(?:main|master)\b|[0-9a-f]{7,40}\b)(?=[A-Za-z/])/g,
  /\b(?:openssl[ \t]+passwd|mkpasswd|vncpasswd|x11vnc[ \t]+-storepasswd|grub2?-mkpasswd\S*|pwgen-check|cracklib-check)[ \t]+(?:-{1,2}[a-z\d]\S*[ \t]+(?:(?:sha-?\d+|md5|bcrypt|yescrypt|[a-z]{2,8})[ \t]+)?){0,4}([^\s"'<|>-][^\s"'|]{3,128})/g,
  /\b\w{1,24}\.set_?-?pass(?:word|wd)[ \t]+\S{1,64}[ \t]+([^\s"'=-][^\s"'=]{3,128})/gi,
  /\brclone[ \t]+obscure[ \t]+([^\s-]\S{2,128})/g,
  /\b(?:bw[ \t]+login[ \t]+\S{1,128}|bw[ \t]+unlock|op[ \t]+signin[ \t]+\S{1,64}[ \t]+\S{1,128}[ \t]+\S{1,64})[ \t]+(?:--\w{1,16}[ \t]+){0,3}([^\s-]\S{2,128})/g,
  /\bnssm[ \t]+set[ \t]+\S{1,64}[ \t]+objectname[ \t]+\S{1,64}[ \t]+("[^"\n]*"|\S{1,128})/gi,
  /[ \t]-set\w{1,32}proxy\b[^\n]{0,80}?[ \t]on[ \t]+\S{1,64}[ \t]+("[^"\n]*"|\S{1,128})/gi,
  /\bcheck_\w{1,40}(?:![^\s!]{0,64}){1,4}!(?=[^\s]{0,64}\d)(?=[^\s]{0,64}[A-Za-z])([^\s%,.:]{6,64})(?=\s|$)/g,
  /(?:^|\n)[ \t]{0,4}\$USER\d{1,3}\$=(\S{3,128})/g,
  /\b(?:mysql|pgsql|redis|oracle|ibase)_servers[ \t]*=[ \t]*[^\s/]{1,128}\/[^\s/]{0,64}\/[^\s/]{1,64}\/([^\s/:]{1,128})/g,
  /\bopen(?:rowset|datasource)\(\s{0,4}'[^'\n]{1,64}'\s{0,4},\s{0,4}'[^'\n]{0,128}'\s{0,4};\s{0,4}'[^'\n]{0,64}'\s{0,4};\s{0,4}'([^'\n]{1,128})'/gi,
  /\bthin:[\w.$]+\/([^\s/@]+)@/gi,
  /--from-literal[= ][\w.-]+=("[^"\n]*"|'[^'\n]*'|\S+)/gi,
  /\bsecrets?[ \t]set\b[^\n]{0,200}?[ \t](?:--value|--body|-b)[= ]("[^"\n]*"|'[^'\n]*'|[^\s"']+)/gi,
];
const ANY_BY_PLACE =
  /rasdial|smbclient|<\(echo|nuget|\biw(?:config|priv)|rclone|\bftp\b|-command[= ]["']?echo|\bsecurity [a-z]|profiles -|["'](?:-|\/)\w{1,4}["']|autologon|setcredentials|dscl|-setairportnetwork|nmcli|wlan|chpasswd|set-p|htpasswd|obscure|\bbw\b|op signin|\bnssm\b|-set\w{1,32}proxy|mosquitto_passwd|rabbitmqctl|vault|with-token|password-stdin|<<<|_pw|\bsend\b|auth-user-pass|51:b:|sqlplus|sqlldr|rman|(?:ex|im)p(?:dp)?\b|(?:userid|conn(?:ect)?|target|catalog|auxiliary|dgmgrl)\b[^\n/]{0,40}\/|\/\S{3,128}@|mkpasswd|openssl passwd|storepasswd|\.set_?-?pass|\bcheck_|\$USER|_servers|openrowset|opendatasource|thin:|--from-literal|secrets? set/i;

/** A folder or file, which `-P` and `-p` of many programs take. */
const PATH = /^(?:\.{0,2}\/|~\/|[A-Za-z]:\\)[\w./\\-]*$/;

const REMAINING_MARKS = /^["']?\uE000/;

/** The separator between elements of a printed argument list: `['sqlcmd', '-P', '…']`. */
const LIST_SEPARATOR = /["'](?:,\s?["']args["']\s?:\s?\[)?\s?,\s?(?:["']args["']\s?:\s?\[\s?)?["']/g;
const LIST = /\[\s?["'][^"'\n]{1,80}["']\s?,\s?["']|["']args["']\s?:\s?\[/;

/** Finds secrets in flags, arguments and pipes of well-known programs. */
export function findInCommandLines(text: string, add: (span: Span) => void): void {
  findInLine(text, add);
  if (!text.includes('[') || !LIST.test(text) || !(ANY_PROGRAM.test(text) || /\bnet\b/i.test(text))) return;
  // The list is written as a command line of the same length, so that positions stay the same.
  findInLine(
    text.replace(LIST_SEPARATOR, (separator) => ' '.padStart(separator.length)).replace(/["'[\]]/g, ' '),
    add,
  );
}

function findInLine(text: string, add: (span: Span) => void): void {
  if (/[\s"'](?:--?|\/)[a-z]|\becho\b|_passphrase/i.test(text) && ANY_PROGRAM.test(text)) {
    for (const [program, pattern] of BY_PROGRAM) {
      if (program.test(text)) addCaptures(text, pattern, add);
    }
  }
  if (/(?:^|\s)-p\s/.test(text) && !OTHER_USES_OF_P.test(text)) addCaptures(text, LONE_FLAG, add);
  if (ANY_BY_PLACE.test(text)) for (const pattern of BY_PLACE) addCaptures(text, pattern, add);
  if (/\bnet1?\b[\s\S]{0,100}?\suse/i.test(text)) findInNetCommands(text, add);
  if (
    /\bset\w{0,4}\b|\benv\b|\breg(?:\.exe)?\b|REG_|\s-(?:Property)?Value\b|\bput\b|\bdefaults\b|\s-v\s|\s--?(?:es|arg|var|define|extra|prop|setting)/i.test(
      text,
    )
  )
    findInSettings(text, add);
}

function addCaptures(text: string, pattern: RegExp, add: (span: Span) => void): void {
  for (const match of matchesOf(text, pattern)) {
    const value = match[1] as string;
    if (REMAINING_MARKS.test(value) || /^\d{1,5}(?::\d{1,5})?$/.test(value)) continue;
    if (value.trim() === '' || isBenignValue(value.replace(/^["']|["']$/g, '')) || PATH.test(value)) continue;
    const start = match.index + match[0].lastIndexOf(value);
    add({ start, end: start + value.length, rule: 'password' });
  }
}

const NET_COMMAND =
  /\bnet1?(?:\.exe)?["']?(?:\s{1,40}|[^\n]{0,80}?args\W{1,12})(user|use)\s{1,40}([^\n|&;]{1,600})/gi;
const TOKEN = /"[^"]*"|'[^']*'|\S+/g;

/** `net use` takes a password after the share, and `net user` after the name. */
function findInNetCommands(text: string, add: (span: Span) => void): void {
  for (const match of matchesOf(text, NET_COMMAND)) {
    const rest = match[2] as string;
    const offset = match.index + match[0].length - rest.length;
    const needsShare = (match[1] as string).toLowerCase() === 'use';
    let isNamed = false;
    for (const token of matchesOf(rest, TOKEN)) {
      const word = token[0];
      if (word.startsWith('/') || /^(?:\*|[A-Za-z]:)$/.test(word)) continue;
      if (!isNamed) isNamed = needsShare ? /^["']?\\\\/.test(word) : true;
      else {
        const isSecret = !isSentenceWord(word) && !REMAINING_MARKS.test(word);
        if (isSecret)
          add({ start: offset + token.index, end: offset + token.index + word.length, rule: 'password' });
        break;
      }
    }
  }
}

const SETTINGS = [
  /\b(?:ENV|set|setenv)[ \t]{1,4}["']?([A-Za-z]{1,40}[_:.][\w:.]{1,80})["']?[ \t]{1,4}("[^"\n]*"|'[^'\n]*'|(?=\S*\d)[^\s"'=:]{4,})/gi,
  /\bconfig[ \t]+set[ \t]+(?:--\w{1,16}[ \t]+){0,3}([\w/:.@-]{1,120})(?:[ \t]{1,4}|=)("[^"\n]*"|'[^'\n]*'|[^\s"'=]+)/gi,
  /\bsetx(?:\.exe)?[ \t]{1,4}(?:\/\w+[ \t]{1,4}){0,4}([\w.-]{1,80})[ \t]{1,4}("[^"\n]*"|'[^'\n]*'|[^\s"']+)/gi,
  /\/v[ \t]{1,4}"?([\w .-]{1,80}?)"?[ \t]{1,4}(?:\/\w[ \t]{1,4}\S{1,20}[ \t]{1,4})?\/d[ \t]{1,4}("[^"\n]*"|[^\s"']+)/gi,
  /\s-(?:Name|Property|Key|Variable)[ \t]{1,4}["']?([\w .:-]{1,80}?)["']?[ \t]{1,4}(?:-(?!Value)\w{1,24}[ \t]{1,4}\S{1,80}[ \t]{1,4}){0,4}-(?:Property)?Value[ \t]{1,4}("[^"\n]*"|'[^'\n]*'|[^\s"'$]+)/gi,
  /\s-n[ \t]{1,4}([\w.-]{1,80})[ \t]{1,4}(?:-o[ \t]{1,4}\w{1,16}[ \t]{1,4})?-v[ \t]{1,4}("[^"\n]*"|[^\s"'-]\S*)/g,
  /\bdefaults[ \t]{1,4}write[ \t]{1,4}\S{1,128}[ \t]{1,4}["']?([\w .-]{1,80}?)["']?[ \t]{1,4}(?:-\w{1,16}[ \t]{1,4})?("[^"\n]*"|[^\s"'-]\S*)/g,
  /\b(?:etcdctl|consul|kv)\b[^\n]{0,60}?\bput[ \t]+([\w/.-]{1,120})[ \t]+("[^"\n]*"|'[^'\n]*'|[^\s"'=-]\S*)/g,
  /\s--?(?:es|arg|argjson|var|define|extra|prop|setting)[ \t]{1,4}([\w.-]{1,80})[ \t]{1,4}("[^"\n]*"|'[^'\n]*'|[^\s"'$=-][^\s"']*)/g,
  /(?:^|\n)[ \t]{0,20}([\w.-]{1,80})[ \t]{1,20}REG_\w{2,14}[ \t]{1,20}(?!(?:is|was) not )([^\s][^\n]{0,400})/g,
];

/** Finds values that are written to the environment or the registry under a secret's name. */
function findInSettings(text: string, add: (span: Span) => void): void {
  for (const pattern of SETTINGS) {
    for (const match of matchesOf(text, pattern)) {
      const rule = secretNameRule(match[1] as string);
      const value = match[2] as string;
      if (!rule || isBenignValue(value) || REMAINING_MARKS.test(value)) continue;
      const end = match.index + match[0].length;
      add({ start: end - value.length, end, rule });
    }
  }
}
