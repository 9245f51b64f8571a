import type { JsonObject } from '../../ledger/canonical-json.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { GraphPolicy, PolicyReadResult } from '../policies/graph-policy.js';
import type { WantedIds, WholePolicy, WholeResult } from '../policies/read-whole.js';
import type { GraphRequestSpec, GraphResponse } from './attempt.js';
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
  /** Reads a collection page by page, or continues from a delta link. */
  pages(pathOrLink: string, call?: GraphCall): AsyncIterable<GraphPage>;
  /** Reads up to twenty paths in one request; returns the results in their order, each with its own outcome. */
  batch(paths: readonly string[], call?: GraphCall): Promise<readonly BatchResult[]>;
  /**
   * Reads all policies of a type with their settings and assignments, a few batches ahead of the consumer. A
   * policy that can't be read is yielded as a failure; the iteration throws where the type can't be read.
   */
  policies(type: PolicyType, call?: PoliciesCall): AsyncIterable<PolicyReadResult>;
  /** The application permissions in the token, or null when it doesn't list them. Errors: GraphError. */
  permissions(): Promise<readonly string[] | null>;
  /** Reads one policy with its settings, assignments, children and links. */
  policy(type: PolicyType, id: string, call?: GraphCall): Promise<GraphPolicy>;
  /** Reads one policy in the same way, with the present names of what it refers to; each name is read once. */
  readWhole(type: PolicyType, id: string, call?: GraphCall): Promise<WholePolicy>;
  /**
   * Reads many policies of a type in the same way, in few requests: those with some ids, in any order, or those that
   * the type lists. A policy that can't be read is yielded as a failure.
   */
  readWholes(type: PolicyType, wanted: WantedIds, call?: GraphCall): AsyncIterable<WholeResult>;
}

/** Writes to one tenant of Microsoft Graph. Handlers get a writer only from `run.effect`. */
export interface GraphWriter {
  /**
   * Sends a write. After an error with `outcomeUnknown` the write may have been carried out. In an effect only
   * `ifMatch` and `beforeWrite` of the call are used; the effect sets the others.
   */
  write(
    method: WriteMethod,
    path: string,
    body: JsonObject | undefined,
    call?: GraphCall,
  ): Promise<GraphResponse>;
}

export interface GraphClient extends GraphReader, GraphWriter {}

export type WriteMethod = Exclude<GraphRequestSpec['method'], 'GET'>;

export interface PoliciesCall extends GraphCall {
  /** Called with the declared number of policies before the first policy is yielded, if Graph declares one. */
  readonly onDeclared?: (count: number) => void;
}
