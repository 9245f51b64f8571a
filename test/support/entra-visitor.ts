const REDIRECTS_MAX = 10;

/** What the simulated Entra showed, or where it sent the browser. */
export interface EntraAnswer {
  readonly status: number;
  readonly html: string;
  /** The address of another site that the browser is sent to; null on a page of Entra. */
  readonly back: URL | null;
}

/** A browser at the simulated Entra, which keeps its cookies from page to page. */
export interface EntraVisitor {
  open(url: string | URL): Promise<EntraAnswer>;
  /** Answers the page that was opened last: who it is, or what they decide. */
  answer(fields: Readonly<Record<string, string>>): Promise<EntraAnswer>;
  /** Opens a page, chooses an account where one is asked for, and accepts where consent is asked for. */
  signIn(url: string | URL, account: string): Promise<EntraAnswer>;
}

export function entraVisitor(): EntraVisitor {
  const cookies = new Map<string, string>();
  let at = new URL('http://entra.invalid');
  let as = '';

  async function send(url: URL, form?: URLSearchParams): Promise<EntraAnswer> {
    const home = url.origin;
    let next = url;
    let body = form;
    for (let step = 0; step < REDIRECTS_MAX; step++) {
      if (next.origin !== home) return { status: 303, html: '', back: next };
      const response = await fetch(next, {
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(body && { method: 'POST', body }),
      });
      body = undefined;
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        cookies.set(name, value);
      }
      const location = response.headers.get('location');
      if (location === null) {
        const html = await response.text();
        at = next;
        as = /name="as" value="([^"]+)"/.exec(html)?.[1] ?? '';
        return { status: response.status, html, back: null };
      }
      next = new URL(location, next);
    }
    throw new Error('Entra redirects for ever');
  }

  const open = (url: string | URL) => send(new URL(url));
  const answer = (fields: Readonly<Record<string, string>>) =>
    send(at, new URLSearchParams({ ...(as !== '' && { as }), ...fields }));
  return {
    open,
    answer,
    async signIn(url, account) {
      let shown = await open(url);
      if (shown.html.includes('name="account"')) shown = await answer({ account });
      return shown.html.includes('value="accept"') ? answer({ decision: 'accept' }) : shown;
    },
  };
}
