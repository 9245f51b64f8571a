import type { z } from 'zod';
import type { Capability } from '../../access/capabilities.js';
import type { ReasonCode } from '../../runs/reason-codes.js';
import type { HubRead } from '../hub/hub-read.js';
import type { RunLinkRow } from '../hub/run-detail.js';
import type { PersonSettings } from '../ports/personal.js';
import type { TenantAccess } from '../request-identity.js';
import type { TimeFrame } from '../view/format.js';
import type { WebRuntime } from '../web-runtime.js';
import type { PageAnswer } from './page-answer.js';
import type { PageDownload } from './page-download.js';
import type { PageForm } from './page-form.js';

/** What a page reads with: its snapshot, and who asks. */
export interface PageRead<Query> {
  readonly db: HubRead;
  readonly access: TenantAccess;
  readonly personId: string;
  readonly settings: PersonSettings;
  readonly query: Query;
  readonly params: Readonly<Record<string, string>>;
  readonly time: TimeFrame;
  /** Reason codes that operation types bring, besides the built-in ones. */
  readonly addedCodes: Readonly<Record<string, ReasonCode>>;
  /** Position of the snapshot. */
  readonly position: number;
  /** What all pages of the server share. */
  readonly runtime: WebRuntime;
}

/** A loaded page: what its templates need, and the persons they name. */
export interface Loaded {
  readonly title: string;
  readonly view: object;
  readonly people: readonly string[];
  /** Query string that the page's live stream needs besides the page's own: what is shown. */
  readonly live?: Readonly<Record<string, string | number>>;
  /** Shows what doesn't change any more, so that no live stream moves it. */
  readonly still?: boolean;
  /** Answers another status than 200. */
  readonly status?: number;
  /** Seconds after which a browser without JavaScript loads the page again. */
  readonly refreshSeconds?: number;
  /** Another template than the page's own. */
  readonly template?: string;
}

/** In place of a page: another address below the tenant's that the browser is sent to. */
export interface MovedTo {
  readonly movedTo: string;
}

/** A part of a page that live updates swap: the template's outermost element has the id. */
export interface FragmentOf {
  readonly target: string;
  readonly template: string;
  readonly view: object;
}

/**
 * What live streams show of a page. Readers of one role, time zone and address share what is loaded; a page that looks
 * at `personId` or `settings` is loaded for each person.
 */
export interface LivePage<Query> {
  load(read: PageRead<Query>): Promise<{
    readonly fragments: readonly FragmentOf[];
    readonly people: readonly string[];
  }>;
}

export const RAIL_HEADINGS = ['Monitoring', 'Tenant', 'Record'] as const;

/** A page's place in the rail. */
export interface RailEntry {
  readonly heading: (typeof RAIL_HEADINGS)[number];
  readonly label: string;
  /** Name of a symbol in `views/partials/symbols.eta`, without `i-`. */
  readonly icon: string;
  /** Whether it shows how many notifications the person has not read. */
  readonly unread?: boolean;
}

/**
 * A page of a tenant, with everything that the rest of the web knows of it: its address and who may use it, its
 * place in the rail, its forms, and the related links that lead to it.
 */
export interface TenantPage<Query> {
  /** Below `/t/:tenant`. */
  readonly path: string;
  /** Its own place in the rail, in the order of the list of pages. */
  readonly rail?: RailEntry;
  /** The path of the page in whose place it stands, for a page without a place of its own. */
  readonly under?: string;
  readonly capability: Capability;
  /** The id in its address, by which the tenant is checked. */
  readonly id?: { readonly param: string; readonly kind: string };
  /** Below `views/`, without the extension. */
  readonly template: string;
  readonly query: z.ZodType<Query>;
  /** Undefined where the tenant has nothing of that address. */
  load(read: PageRead<Query>): Promise<Loaded | MovedTo | undefined>;
  readonly live?: LivePage<Query>;
  /** What can be sent from the page. */
  readonly forms?: readonly PageForm<unknown>[];
  /** What can be downloaded from it. */
  readonly downloads?: readonly PageDownload<unknown>[];
  /** What belongs to the page and is no page: downloads, data for its script. */
  readonly answers?: readonly PageAnswer[];
  /** Where related links of these kinds lead, below the tenant's address. */
  readonly linkTargets?: Readonly<Record<string, (link: RunLinkRow) => string>>;
}

/** Declares a page; its query is inferred. */
export const definePage = <Query>(page: TenantPage<Query>): TenantPage<Query> => page;
