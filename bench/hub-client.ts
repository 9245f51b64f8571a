import { Agent, request } from 'node:http';

/** A page that a browser asks for several times, one request after the other. */
export interface PageTask {
  readonly origin: string;
  readonly path: string;
  readonly cookie: string;
  /** The loopback address that the requests come from, because limits count requests of an address. */
  readonly localAddress: string;
  /** Fields of a form to send instead of reading the page. */
  readonly form?: Readonly<Record<string, string>>;
  readonly times: number;
}

/** The milliseconds from each request to the last byte of its answer, or why they weren't measured. */
export type PageTimes = { readonly took: readonly number[] } | { readonly failed: string };

/** What browsers send, so that answers are compressed as they are for people. */
const ACCEPT_ENCODING = 'gzip, deflate, br, zstd';

const agents = new Map<string, Agent>();

function agentOf(localAddress: string): Agent {
  let agent = agents.get(localAddress);
  if (!agent) {
    for (const earlier of agents.values()) earlier.destroy();
    agents.clear();
    agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress });
    agents.set(localAddress, agent);
  }
  return agent;
}

async function measure(task: PageTask): Promise<readonly number[]> {
  const took: number[] = [];
  for (let n = 0; n < task.times; n++) {
    const from = performance.now();
    const status = await send(task);
    took.push(performance.now() - from);
    if (status >= 400) throw new Error(`${task.path} was answered ${status}`);
  }
  return took;
}

/** Resolves with the status when the whole answer has come. */
function send({ origin, path, cookie, localAddress, form }: PageTask): Promise<number> {
  const body = form && new URLSearchParams(form).toString();
  return new Promise((resolve, reject) => {
    const sent = request(
      `${origin}${path}`,
      {
        agent: agentOf(localAddress),
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          cookie,
          'accept-encoding': ACCEPT_ENCODING,
          ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
      },
      (answer) => {
        answer.on('error', reject);
        answer.on('end', () => resolve(answer.statusCode ?? 0));
        answer.resume();
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

process.on('message', (task: PageTask) => {
  measure(task).then(
    (took) => process.send?.({ took } satisfies PageTimes),
    (error: unknown) => process.send?.({ failed: String(error) } satisfies PageTimes),
  );
});
