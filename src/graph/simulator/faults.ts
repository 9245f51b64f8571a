import { z } from 'zod';

/**
 * Faults that tests ask for. A fault says which requests it applies to and what happens to them; it ends after
 * `count` requests. Of several faults that match, the one that was added first is applied.
 */
const matching = {
  /** Number of matching requests that it applies to. */
  count: z.int().min(1).max(1_000_000).default(1),
  /** Number of matching requests before it begins. */
  after: z.int().min(0).default(0),
  method: z.string().optional(),
  /** A regular expression for path and query below the API version; without one, every path matches. */
  path: z.string().max(500).optional(),
  tenant: z.string().optional(),
};

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...matching,
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    /** Seconds or an HTTP date; by default no header is sent. */
    retryAfter: z.string().max(100).optional(),
    code: z.string().max(200).optional(),
    /** Sent in the error body unchanged; tests put secrets here to see that they aren't recorded. */
    message: z.string().max(100_000).optional(),
    /** Whether the request is carried out nevertheless, as by a server that fails while it answers. */
    applied: z.boolean().default(false),
    /** Further headers of the answer, sent as they are. */
    headers: z.record(z.string(), z.string().max(4000)).optional(),
  }),
  /** Receives the request and never answers. */
  z.strictObject({ ...matching, kind: z.literal('hang') }),
  /** Cuts the connection: at once, or after half of the body. */
  z.strictObject({ ...matching, kind: z.literal('cut'), midBody: z.boolean().default(false) }),
  /** Answers a page without its last `drop` entries and without its nextLink. */
  z.strictObject({ ...matching, kind: z.literal('truncated_page'), drop: z.int().min(1).default(1) }),
  /** Answers this number in `@odata.count` in place of the true one. */
  z.strictObject({ ...matching, kind: z.literal('declared_count'), declared: z.int() }),
  /** Sets fields of one entry of a page; a null leaves the field out. */
  z.strictObject({
    ...matching,
    kind: z.literal('altered_entry'),
    index: z.int().min(0).default(0),
    fields: z.record(z.string(), z.json()),
  }),
  /** Answers half of the JSON, with a matching content length. */
  z.strictObject({ ...matching, kind: z.literal('malformed_json') }),
  /** Answers JSON whose first text begins with a byte that is invalid in UTF-8. */
  z.strictObject({ ...matching, kind: z.literal('invalid_utf8') }),
  /** Answers a page of HTML as a proxy would do; with status 200 by default. */
  z.strictObject({
    ...matching,
    kind: z.literal('html'),
    status: z.int().min(200).max(599).default(200),
    body: z.string().max(100_000).default('<html><body>Please sign in to the proxy.</body></html>'),
  }),
  z.strictObject({ ...matching, kind: z.literal('huge_body'), bytes: z.int().min(1).max(1_000_000_000) }),
  /** Answers another nextLink than the page's own, such as one to another origin or to the same page. */
  z.strictObject({ ...matching, kind: z.literal('next_link'), link: z.string().max(2000) }),
  z.strictObject({ ...matching, kind: z.literal('redirect'), location: z.string().max(2000) }),
  z.strictObject({ ...matching, kind: z.literal('latency'), latencyMs: z.int().min(1) }),
]);

export type FaultOptions = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema>;

export interface FaultTarget {
  readonly tenant: string;
  readonly method: string;
  /** Path and query below the API version, percent signs decoded. */
  readonly path: string;
  /** Whether only faults that name a path apply, as at Entra's token endpoint. */
  readonly byPathOnly?: boolean;
}

export interface FaultPlan {
  /** Errors: ZodError, or SyntaxError for a path that is no regular expression. */
  add(fault: FaultOptions): void;
  /** The fault that applies to this request, or null; the request is counted. */
  take(target: FaultTarget): Fault | null;
  clear(): void;
  pending(): number;
}

const withoutQuery = (path: string): string => path.replace(/\?.*$/s, '');

/**
 * The faults that requests are to meet, in the order in which they were planned. Errors: ZodError for options of
 * another form.
 */
export function createFaultPlan(faults: readonly FaultOptions[] = []): FaultPlan {
  let planned: { readonly fault: Fault; readonly pattern: RegExp | null; left: number; skip: number }[] = [];
  const plan: FaultPlan = {
    add(options) {
      const fault = faultSchema.parse(options);
      const pattern = fault.path === undefined ? null : new RegExp(fault.path, 'i');
      planned.push({ fault, pattern, left: fault.count, skip: fault.after });
    },
    take(target) {
      const found = planned.find(
        ({ fault, pattern }) =>
          (fault.tenant === undefined || fault.tenant === target.tenant) &&
          (fault.method === undefined || fault.method === target.method) &&
          (pattern !== null || !target.byPathOnly) &&
          (pattern === null || pattern.test(target.path) || pattern.test(withoutQuery(target.path))),
      );
      if (!found) return null;
      if (found.skip > 0) {
        found.skip -= 1;
        return null;
      }
      found.left -= 1;
      if (found.left === 0) planned = planned.filter((entry) => entry !== found);
      return found.fault;
    },
    clear: () => {
      planned = [];
    },
    pending: () => planned.length,
  };
  for (const fault of faults) plan.add(fault);
  return plan;
}
