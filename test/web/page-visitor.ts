import type { HubSite } from '../support/hub-site.js';

/** A signed-in person who opens pages and sends their forms, as a browser without JavaScript would. */
export async function pageVisitor(site: HubSite, personId: string, remoteAddress = '127.0.0.1') {
  const cookie = await site.cookieOf(personId);
  const get = (url: string) => site.app.inject({ url, remoteAddress, headers: { cookie } });
  const csrfOf = async () => /name="_csrf" value="([^"]+)"/.exec((await get('/tenants')).body)?.[1] ?? '';
  const csrf = await csrfOf();
  return {
    get,
    /** Sends a form's fields. A field with a list of values is sent once for each value. */
    post(url: string, fields: Readonly<Record<string, string | readonly string[]>>, token = csrf) {
      const body = new URLSearchParams({ _csrf: token });
      for (const [name, value] of Object.entries(fields))
        for (const one of typeof value === 'string' ? [value] : value) body.append(name, one);
      return site.app.inject({
        method: 'POST',
        url,
        remoteAddress,
        headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
        payload: body.toString(),
      });
    },
  };
}
