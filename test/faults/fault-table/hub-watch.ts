import { systemClock } from '../../../src/clock.js';

const ANSWER_LIMIT_MS = 10_000;

/** What the hub says of itself at one moment. */
export interface HubWords {
  /** The word of `/healthz`, or `no answer`. */
  readonly healthz: string;
  readonly status: number | undefined;
  /** The parts on the health page that are in trouble, or the sentence of an error page. */
  readonly words: string;
}

/** Asks the hub as a probe and as a person who is signed in. */
export async function hubWords(
  url: string,
  cookie: string,
  healthPath = '/t/faults/health',
): Promise<HubWords> {
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const answer = async () => {
      // Over a new connection, as a probe's are.
      const got = await fetch(url + path, {
        headers: { ...headers, connection: 'close' },
        redirect: 'manual',
      });
      return { status: got.status, body: await got.text() };
    };
    const over = new AbortController();
    try {
      // Also a request that neither answers nor fails is given up.
      return await Promise.race([answer(), systemClock.sleep(ANSWER_LIMIT_MS, over.signal)]);
    } catch {
      return undefined;
    } finally {
      over.abort();
    }
  };
  const probe = await ask('/healthz');
  const page = await ask(healthPath, { cookie, accept: 'text/html' });
  return {
    healthz: probe ? String(JSON.parse(probe.body).status) : 'no answer',
    status: probe?.status,
    words: page ? wordsOf(page.body) : '',
  };
}

function wordsOf(html: string): string {
  const parts = html.split('id="parts-title"')[1]?.split('</table>')[0];
  if (parts === undefined) return plain(html.split('<h1>')[1] ?? html).slice(0, 300);
  return parts
    .split('<tr')
    .slice(2)
    .map((row) => row.split('<td').slice(1).map(cell))
    .filter(([, state]) => state !== 'Working')
    .map(([part, , detail]) => `${part}: ${detail}`)
    .join('; ');
}

const cell = (html: string) => plain(html.slice(html.indexOf('>') + 1));

const plain = (html: string) =>
  html
    .replace(/<(svg|script|style)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim();
