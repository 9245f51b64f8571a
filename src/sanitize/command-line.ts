import { matchesOf } from './matches-of.js';
import type { Span } from './span.js';

/** Programs whose short flags take a secret, each with the flags. */
const SHORT_FLAGS: ReadonlyArray<readonly [RegExp, RegExp]> = [
  [/\b(?:mysql\w*|mariadb\w*)\b/i, /\s-p(?=\S)([^\s"']+|"[^"\n]*"|'[^'\n]*')/g],
  [
    /\b(?:sshpass|docker|podman|helm|az|mongo\w*|7z\w?|unzip|zip|influx|rabbitmq\w*|htpasswd|skopeo|buildah|crane|nats|oc|cqlsh|vault)\b/i,
    /\s-p[ =]?("[^"\n]*"|'[^'\n]*'|[^\s"'-][^\s"']*)/g,
  ],
  [/\b(?:sqlcmd|bcp|osql|sqlpackage)\b/i, /\s-P\s?("[^"\n]*"|'[^'\n]*'|[^\s"'-][^\s"']*)/g],
  [/\b(?:redis-cli|keydb-cli|valkey-cli)\b/i, /\s-a\s("[^"\n]*"|'[^'\n]*'|[^\s"'-][^\s"']*)/g],
  [/\b(?:ldapsearch|ldapmodify|ldapadd|ldapwhoami)\b/i, /\s-w\s("[^"\n]*"|'[^'\n]*'|[^\s"'-][^\s"']*)/g],
  [/\b(?:plink|pscp|psftp)\b/i, /\s-pw\s("[^"\n]*"|'[^'\n]*'|[^\s"'-][^\s"']*)/g],
  [
    /\b(?:curl|wget|http|xh|snmpwalk|snmpget)\b/i,
    /\s(?:-u|--user|-U)[ =]?["']?[^\s:"']*:("[^"\n]*"|'[^'\n]*'|[^\s"']+)/g,
  ],
  [/\bnet\s+user\b/i, /\bnet\s+user\s+\S+\s+([^\s/*][^\s]*)/gi],
  [/\bnet\s+use\b/i, /\\\\\S+\s+([^\s/*][^\s]*)(?=\s+\/)/gi],
  [
    /--password-stdin|\bsudo\s+-S|\bpasswd\b|\bchpasswd\b/i,
    /\becho\s+(?:-n\s+)?("[^"\n]*"|'[^'\n]*'|[^\s"'|]+)\s*\|/g,
  ],
  [/\bsnmp\w+\b/i, /\s-[cAX]\s("[^"\n]*"|'[^'\n]*'|[^\s"'-][^\s"']*)/g],
];

/** A lone `-p` takes a secret only if what follows is none of a port, a path, a host or a plain word. */
const LONE_FLAG = /(?:^|[\s"'[(])-p\s+["']?((?=[^\s"']*\d)(?=[^\s"']*[A-Za-z])[^\s"'/\\.:-][^\s"'/\\:]{3,})/g;
const OTHER_USES_OF_P =
  /\b(?:mkdir|cp|scp|ssh|tar|ps|lsof|install|rsync|tsc|node|npx|grep|touch|kill|pgrep|nmap|netstat)\b/;

const REMAINING_MARKS = /^["']?\uE000/;

/** Finds secrets that short flags and pipes of well-known programs carry. */
export function findInCommandLines(text: string, add: (span: Span) => void): void {
  if (!/\s-[a-zA-Z]|\becho\b|\bnet\s+use/i.test(text) && !text.startsWith('-p')) return;
  for (const [program, pattern] of SHORT_FLAGS) {
    if (program.test(text)) addCaptures(text, pattern, add);
  }
  if (!OTHER_USES_OF_P.test(text)) addCaptures(text, LONE_FLAG, add);
}

function addCaptures(text: string, pattern: RegExp, add: (span: Span) => void): void {
  for (const match of matchesOf(text, pattern)) {
    const value = match[1] as string;
    if (REMAINING_MARKS.test(value) || /^\d{1,5}(?::\d{1,5})?$/.test(value)) continue;
    const start = match.index + match[0].lastIndexOf(value);
    add({ start, end: start + value.length, rule: 'password' });
  }
}
