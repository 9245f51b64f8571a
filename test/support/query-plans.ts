import { type CompiledQuery, CompiledQuery as Query, sql } from 'kysely';
import type { HubPool } from '../../src/db/pools.js';

/** The cost of a statement when it is carried out. */
export interface PlanCost {
  /** Rows that were read from tables and indexes, including those that filters removed. */
  readonly rows: number;
  /** Pages of 8 KiB that were read. */
  readonly pages: number;
  /** The scans for people, the most expensive first. */
  readonly scans: readonly string[];
  /** Names of the indexes that were used, or that would be used if the tables were too large for a sequential scan. */
  readonly indexes: readonly string[];
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

/** Carries out a statement of the hub again, as the hub does it in a tenant, and reads its cost. */
export async function planCost<DB>(
  hub: HubPool<DB>,
  tenantId: string,
  query: Pick<CompiledQuery, 'sql' | 'parameters'>,
): Promise<PlanCost> {
  const { plan, planByIndex } = await hub.pool.transaction().execute(async (tx) => {
    await sql`select set_config('app.tenant', ${tenantId}, true)`.execute(tx);
    const explain = async (options: string): Promise<PlanNode> => {
      const { rows } = await tx.executeQuery<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(
        Query.raw(`explain (${options}, format json) ${query.sql}`, [...query.parameters]),
      );
      const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
      if (!plan) throw new TypeError('the plan is empty');
      return plan;
    };
    const plan = await explain('analyze, buffers, timing off');
    await sql`set local enable_seqscan = off`.execute(tx);
    return { plan, planByIndex: await explain('costs off') };
  });
  const scans = scansOf(plan)
    // The rows of a bitmap index scan are counted where they are read from the table.
    .filter((node) => node['Node Type'] !== 'Bitmap Index Scan')
    .map((node) => ({ node, rows: rowsRead(node) }))
    .sort((one, other) => other.rows - one.rows);
  return {
    rows: scans.reduce((sum, scan) => sum + scan.rows, 0),
    pages: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    scans: scans.map(({ node, rows }) => {
      const of = [node['Index Name'], node['Relation Name']].filter(Boolean).join(' of ');
      return `${node['Node Type']} ${of}: ${rows} rows`;
    }),
    indexes: [...scansOf(plan), ...scansOf(planByIndex)].flatMap((node) => node['Index Name'] ?? []),
  };
}

function scansOf(node: PlanNode): readonly PlanNode[] {
  const below = (node.Plans ?? []).flatMap(scansOf);
  return node['Relation Name'] || node['Index Name'] ? [node, ...below] : below;
}

function rowsRead(node: PlanNode): number {
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return Math.round((node['Actual Rows'] + removed) * node['Actual Loops']);
}
