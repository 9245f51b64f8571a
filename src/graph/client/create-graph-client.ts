import { readPolicies } from '../policies/read-policies.js';
import { readPolicy } from '../policies/read-policy.js';
import { readWhole, readWholes } from '../policies/read-whole.js';
import { createReferenceNames } from '../policies/reference-names.js';
import { tokenClaims } from '../tokens/token-claims.js';
import type { GraphRequestSpec } from './attempt.js';
import { readBatch } from './batch.js';
import { type ClientParts, GRAPH_CLIENT_LIMITS, type GraphClientOptions } from './graph-call.js';
import type { GraphClient } from './graph-client.js';
import { GraphError } from './graph-error.js';
import { ownLink, readCollection } from './pages.js';
import { budgeted, request } from './request.js';
import { createTenantTraffic } from './tenant-traffic.js';

const API_VERSION = 'beta';

/** Creates a client. It holds no connection and needs no closing. Errors: TypeError for a bad base URL. */
export function createGraphClient(options: GraphClientOptions): GraphClient {
  const root = new URL(`${options.baseUrl.replace(/\/+$/, '')}/${API_VERSION}/`);
  const limits = { ...GRAPH_CLIENT_LIMITS, ...options.limits };
  const traffic = options.traffic ?? createTenantTraffic({ clock: options.clock, chance: options.chance });
  const parts: ClientParts = { options, limits, root, traffic };
  const names = createReferenceNames(parts);

  return Object.freeze<GraphClient>({
    async get(path, call = {}) {
      const { body } = await request(parts, budgeted(parts, call), {
        method: 'GET',
        url: within(parts, path),
        reads: true,
      });
      if (body === null) throw new GraphError({ problem: 'malformed_answer', method: 'GET', path });
      return body;
    },
    pages: (pathOrLink, call = {}) => readCollection(parts, budgeted(parts, call), within(parts, pathOrLink)),
    batch: (paths, call = {}) => readBatch(parts, budgeted(parts, call), paths),
    policies: (type, call = {}) => readPolicies(parts, budgeted(parts, call), type, call.onDeclared),
    policy: (type, id, call = {}) => readPolicy(parts, budgeted(parts, call), type, id),
    readWhole: (type, id, call = {}) => readWhole(parts, budgeted(parts, call), { type, id, names }),
    readWholes: (type, wanted, call = {}) =>
      readWholes(parts, budgeted(parts, call), { type, wanted, names }),
    async permissions() {
      const token = await options.token({ refused: null, claims: null });
      return tokenClaims(token)?.roles ?? null;
    },
    async write(method, path, body, call = {}) {
      const spec: GraphRequestSpec = { method, url: within(parts, path), body, reads: false };
      return request(parts, budgeted(parts, call), spec);
    },
  });
}

/**
 * The address of a path or link. One that leads to another server is refused, because the token would be sent
 * there.
 */
function within(parts: ClientParts, pathOrLink: string): URL {
  const url = URL.canParse(pathOrLink, parts.root) ? new URL(pathOrLink, parts.root) : null;
  const own = url && ownLink(parts, url.href);
  if (!own) throw new GraphError({ problem: 'foreign_link', method: 'GET', path: '(elsewhere)' });
  return own;
}
