import type { HubSite } from './hub-site.js';

/** Sends requests as a browser: with its cookies, and with the cookies of each answer stored or removed. */
export function browserOf({ app }: Pick<HubSite, 'app'>) {
  const cookies = new Map<string, string>();
  async function send(method: 'GET' | 'POST', url: string, form?: Record<string, string>) {
    const response = await app.inject({
      method,
      url,
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
      ...(form ? { payload: new URLSearchParams(form).toString() } : {}),
    });
    for (const { name, value } of response.cookies) {
      if (value === '') cookies.delete(name);
      else cookies.set(name, encodeURIComponent(value));
    }
    return response;
  }
  return {
    cookies,
    get: (url: string) => send('GET', url),
    post: (url: string, form: Record<string, string>) => send('POST', url, form),
  };
}

export type Browser = ReturnType<typeof browserOf>;
