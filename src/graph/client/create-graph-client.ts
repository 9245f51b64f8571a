import type { JsonObject } from '../../ledger/canonical-json.js';
import type { PolicyType } from '../../policies/policy-types.js';
import type { GraphAnswer, GraphRequestSpec } from './attempt.js';
import { type BatchResult, readBatch } from './batch.js';
import {
  type ClientParts,
  GRAPH_CLIENT_LIMITS,
  type GraphCall,
  type GraphClientOptions,
} from './graph-call.js';
import { GraphError } from './graph-error.js';
import { type GraphPage, ownLink, readPages } from './pages.js';
import { type GraphPolicy, type PolicyReadResult, readPolicies, readPolicy } from './read-policies.js';
import { budgeted, request } from './request.js';

/**
 * Reads and writes one tenant of Microsoft Graph. Paths are below the API version, without a leading slash.
 * Every call can reject with GraphError, or with the reason of its signal.
 */
export interface GraphClient {
  /** Reads one object. */
  get(path: string, call?: GraphCall): Promise<JsonObject>;
  /** Reads a collection, or goes on from a delta link, page by page. */
  pages(pathOrLink: string, call?: GraphCall): AsyncIterable<GraphPage>;
  /** Reads up to twenty paths at once; answers in their order, each with its own outcome. */
  batch(paths: readonly string[], call?: GraphCall): Promise<readonly BatchResult[]>;
  /**
   * Reads all policies of a type with their settings and assignments, a few batches ahead of the consumer. A
   * policy that can't be read is yielded as a failure; the iteration throws where the type can't be read.
   */
  policies(type: PolicyType, call?: PoliciesCall): AsyncIterable<PolicyReadResult>;
  /** Reads one policy with its settings and assignments. */
  policy(type: PolicyType, id: string, call?: GraphCall): Promise<GraphPolicy>;
  /** Writes. An error with `outcomeUnknown` may have been carried out all the same. */
  write(
    method: WriteMethod,
    path: string,
    body: JsonObject | undefined,
    call?: GraphCall,
  ): Promise<GraphAnswer>;
}

export type WriteMethod = Exclude<GraphRequestSpec['method'], 'GET'>;

export interface PoliciesCall extends GraphCall {
  /** Told the declared number of policies before the first is yielded, where Graph declares one. */
  readonly onDeclared?: (count: number) => void;
}

const API_VERSION = 'beta';

/** Creates a client; it holds no connection of its own and needs no end. Errors: TypeError for a bad base URL. */
export function createGraphClient(options: GraphClientOptions): GraphClient {
  const root = new URL(`${options.baseUrl.replace(/\/+$/, '')}/${API_VERSION}/`);
  const limits = { ...GRAPH_CLIENT_LIMITS, ...options.limits };
  const parts: ClientParts = { options, limits, root, gate: { throttledUntilMs: 0 } };

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
    pages: (pathOrLink, call = {}) => readPages(parts, budgeted(parts, call), within(parts, pathOrLink)),
    batch: (paths, call = {}) => readBatch(parts, budgeted(parts, call), paths),
    policies: (type, call = {}) => readPolicies(parts, budgeted(parts, call), type, call.onDeclared),
    policy: (type, id, call = {}) => readPolicy(parts, budgeted(parts, call), type, id),
    async write(method, path, body, call = {}) {
      const spec: GraphRequestSpec = { method, url: within(parts, path), body, reads: false };
      return request(parts, budgeted(parts, call), spec);
    },
  });
}

/** The address of a path or link; one that leads elsewhere is refused, for the token would go with it. */
function within(parts: ClientParts, pathOrLink: string): URL {
  const url = URL.canParse(pathOrLink, parts.root) ? new URL(pathOrLink, parts.root) : null;
  const own = url && ownLink(parts, url.href);
  if (!own) throw new GraphError({ problem: 'foreign_link', method: 'GET', path: '(elsewhere)' });
  return own;
}
