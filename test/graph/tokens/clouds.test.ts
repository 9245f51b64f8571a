import t from 'tap';
import { CLOUD_NAMES, CLOUDS, type CloudName } from '../../../src/graph/tokens/clouds.js';
import {
  adminConsentAddress,
  authorityOf,
  type EntraConnection,
} from '../../../src/graph/tokens/entra-connection.js';
import { createEntraTokens } from '../../../src/graph/tokens/entra-tokens.js';
import { failsWith, skippingClock } from '../simulator-and-client.js';

/** The addresses of https://learn.microsoft.com/graph/deployments, written down a second time. */
const DOCUMENTED: Readonly<Record<CloudName, { readonly entra: string; readonly graph: string }>> = {
  worldwide: { entra: 'login.microsoftonline.com', graph: 'graph.microsoft.com' },
  'us-gov-l4': { entra: 'login.microsoftonline.us', graph: 'graph.microsoft.us' },
  'us-gov-dod': { entra: 'login.microsoftonline.us', graph: 'dod-graph.microsoft.us' },
  china: { entra: 'login.chinacloudapi.cn', graph: 'microsoftgraph.chinacloudapi.cn' },
};
const GRAPH_APP = '00000003-0000-0000-c000-000000000000';
const DIRECTORY = '11111111-1111-4111-8111-111111111111';
const CLIENT = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';

/** An Entra that answers every request with a token for these claims. */
function entraAnswering(claims: object) {
  const requests: { readonly url: string; readonly form: URLSearchParams }[] = [];
  const answering: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    requests.push({ url: request.url, form: new URLSearchParams(await request.text()) });
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return Response.json({ access_token: `e30.${payload}.x`, token_type: 'Bearer', expires_in: 3600 });
  };
  return { requests, answering };
}

function tokensIn(cloud: CloudName, answering: typeof fetch) {
  const connection: EntraConnection = { directoryId: DIRECTORY, clientId: CLIENT, cloud };
  const credential = async () => ({ kind: 'secret', secret: 'a-secret-of-the-test' }) as const;
  return createEntraTokens({ connection, credential, clock: skippingClock(), fetch: answering });
}

const ASK = { refused: null, claims: null } as const;

t.test('each cloud is asked at its own Entra for its own Graph', async (t) => {
  t.same(CLOUD_NAMES.toSorted(), Object.keys(DOCUMENTED).toSorted());
  for (const cloud of CLOUD_NAMES) {
    const { entra, graph } = DOCUMENTED[cloud];
    t.equal(CLOUDS[cloud].graph, `https://${graph}`);
    const connection = { directoryId: DIRECTORY, clientId: CLIENT, cloud };
    t.equal(authorityOf(connection), `https://${entra}`);
    t.equal(
      adminConsentAddress(connection),
      `https://${entra}/${DIRECTORY}/adminconsent?client_id=${CLIENT}`,
    );
    for (const aud of [`https://${graph}`, `https://${graph}/`, GRAPH_APP]) {
      const { requests, answering } = entraAnswering({ tid: DIRECTORY, aud });
      t.ok(await tokensIn(cloud, answering)(ASK), `${cloud}: ${aud}`);
      t.equal(requests[0]?.url, `https://${entra}/${DIRECTORY}/oauth2/v2.0/token`);
      t.equal(requests[0]?.form.get('scope'), `https://${graph}/.default`);
    }
  }
});

t.test('a token for the Graph of another cloud or for another service is refused', async (t) => {
  for (const cloud of CLOUD_NAMES)
    for (const aud of [
      ...CLOUD_NAMES.filter((name) => name !== cloud).map((name) => CLOUDS[name].graph),
      `${CLOUDS[cloud].graph}.example.org`,
      undefined,
    ]) {
      const { answering } = entraAnswering({ tid: DIRECTORY, aud });
      await failsWith(t, tokensIn(cloud, answering)(ASK), { problem: 'token_for_another_service' });
    }
});
