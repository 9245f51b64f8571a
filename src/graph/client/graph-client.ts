import type { JsonObject } from '../../ledger/canonical-json.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { GraphPolicy, PolicyReadResult } from '../policies/graph-policy.js';
import type { WholePolicy } from '../policies/read-whole.js';
import type { GraphAnswer, GraphRequestSpec } from './attempt.js';
import type { BatchResult } from './batch.js';
import type { GraphCall } from './graph-call.js';
import type { GraphPage } from './pages.js';

/**
 * Reads one tenant of Microsoft Graph. Paths are below the API version, without a leading slash. Every call can reject
 * with GraphError, or with the reason of its signal.
 */
export interface GraphReader {
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
  /** The application permissions of the token, or null where it doesn't say them. Errors: GraphError. */
  permissions(): Promise<readonly string[] | null>;
  /** Reads one policy with its settings, assignments, children and links. */
  policy(type: PolicyType, id: string, call?: GraphCall): Promise<GraphPolicy>;
  /** Reads one policy likewise, and what it refers to by the names of now; each name is asked for once. */
  readWhole(type: PolicyType, id: string, call?: GraphCall): Promise<WholePolicy>;
}

/** Writes to one tenant of Microsoft Graph. Handlers are given one by `run.effect` alone. */
export interface GraphWriter {
  /** Writes. An error with `outcomeUnknown` may have been carried out all the same. */
  write(
    method: WriteMethod,
    path: string,
    body: JsonObject | undefined,
    call?: GraphCall,
  ): Promise<GraphAnswer>;
}

export interface GraphClient extends GraphReader, GraphWriter {}

export type WriteMethod = Exclude<GraphRequestSpec['method'], 'GET'>;

export interface PoliciesCall extends GraphCall {
  /** Told the declared number of policies before the first is yielded, where Graph declares one. */
  readonly onDeclared?: (count: number) => void;
}
