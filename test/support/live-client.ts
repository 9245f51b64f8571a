import { CSRF_FIELD, csrfTokenOf } from '../../src/web/auth/csrf.js';

export interface LiveMessage {
  readonly event: string;
  /** The number of the page in the request; missing in messages of kind `alive`. */
  readonly view?: number;
  readonly position?: number;
  readonly html?: string;
  readonly status?: number;
}

/** Opens a browser's live stream for the pages at these addresses, as `live.js` does. */
export async function openLive(origin: string, cookie: string, addresses: readonly string[]) {
  const secret = decodeURIComponent(/=(.*)$/.exec(cookie)?.[1] ?? '');
  const response = await fetch(`${origin}/live`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json' },
    body: JSON.stringify({ [CSRF_FIELD]: csrfTokenOf(secret), views: addresses }),
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const waiting: LiveMessage[] = [];
  let text = '';

  /** The next message of a kind, or undefined when the stream has ended. */
  async function next(kind: string): Promise<LiveMessage | undefined> {
    for (;;) {
      const index = waiting.findIndex(({ event }) => event === kind);
      if (index >= 0) return waiting.splice(index, 1)[0];
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) return undefined;
      const parts = (text + value).split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) waiting.push(messageIn(part));
    }
  }

  return {
    status: response.status,
    headers: response.headers,
    next,
    /** Resolves with all messages after this call, when the server has ended the stream. */
    async untilEnd(): Promise<readonly LiveMessage[]> {
      while (await next('nothing has this name'));
      return waiting;
    },
    close: async () => reader?.cancel(),
  };
}

function messageIn(text: string): LiveMessage {
  const [, event = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(text) ?? [];
  return { event, ...(data === '' ? {} : JSON.parse(data)) };
}
