import { type Kysely, sql } from 'kysely';
import type { ColumnType } from '../../projections/engine/columns.js';
import type { AnyTable } from '../../projections/engine/table.js';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { directoryObjectsTable } from '../../projections/hub/models/directory.js';
import {
  driftComparisonsTable,
  findingDetectionsTable,
  findingsTable,
} from '../../projections/hub/models/drift-generate.js';
import { failureGroupsTable } from '../../projections/hub/models/failure-groups.js';
import { failureHoursTable } from '../../projections/hub/models/failure-hours.js';
import { failureRunsTable } from '../../projections/hub/models/failure-runs.js';
import { failuresTable } from '../../projections/hub/models/failures.js';
import { inventoriesTable, inventoryScopesTable } from '../../projections/hub/models/inventory-sync.js';
import { knownIdsTable } from '../../projections/hub/models/known-ids.js';
import { notificationsTable } from '../../projections/hub/models/notifications.js';
import { policiesTable } from '../../projections/hub/models/policies.js';
import {
  policyFacetsTable,
  policySettingsTable,
  settingTermsTable,
} from '../../projections/hub/models/policy-facets.js';
import { policyTermsTable } from '../../projections/hub/models/policy-terms.js';
import { policyTypeReadingsTable } from '../../projections/hub/models/policy-type-readings.js';
import { policySnapshotsTable, policyVersionsTable } from '../../projections/hub/models/policy-versions.js';
import { runAsksTable } from '../../projections/hub/models/run-asks.js';
import { runCountersTable } from '../../projections/hub/models/run-counters.js';
import { runEventsTable } from '../../projections/hub/models/run-events.js';
import { runInitiatorsTable } from '../../projections/hub/models/run-initiators.js';
import { runItemsTable } from '../../projections/hub/models/run-items.js';
import { runLinksTable } from '../../projections/hub/models/run-links.js';
import { runOutcomesTable } from '../../projections/hub/models/run-outcomes.js';
import { runTermsTable } from '../../projections/hub/models/run-terms.js';
import { runsTable } from '../../projections/hub/models/runs.js';
import { evidenceWith } from './finding-builder.js';

/** How much data the read models get. Half of all runs belong to the first tenant; the others share the rest. */
export interface Filling {
  readonly tenantIds: readonly string[];
  /** Persons who have started runs of the kind `member`. */
  readonly personIds: readonly string[];
  readonly runs: number;
  /** The items of one run of the first tenant, and the events of another. */
  readonly largestItems: number;
  readonly longestHistory: number;
}

/** Data of the first tenant whose pages can be opened. */
export interface Filled {
  /** An ended run in the middle of the list, with items, links and a cause. */
  readonly usualRun: string;
  readonly usualNumber: number;
  readonly largestRun: string;
  readonly longestRun: string;
  readonly driftRun: string;
  readonly finding: string;
  readonly policy: string;
  /** The scope key of the inventory that most runs have made. */
  readonly scopeKey: string;
  /** The newest position of all rows. */
  readonly position: number;
}

const YEAR_MS = 365 * 86_400_000;
/** Far above the positions of the few events that a test writes. */
const FIRST_POSITION = 1_000_000;
const POSITIONS_A_RUN = 10;
/** The findings of one comparison: as many as it has policies at most. */
const FINDINGS = 500;
/** The policies of the first tenant. */
const POLICIES = 20_000;
/** Settings of the first tenant's policies: one that all have, and others that ten have each. */
const SETTINGS =
  "(select 'common' as facet union all select 'setting' || n from generate_series(0, 1999) n) settings";
/** The facet of a setting or group with a made-up name. */
const FACET_OF_NAME =
  "case when facet like 'group%' then 'g' || md5(facet) else 's' || substr(encode(sha256(facet::bytea), 'hex'), 1, 16) end";
/** The versions of one policy. */
const VERSIONS = 2_000;

/**
 * Fills the read models with a year of runs by statements in the database. The columns that pages read are as the
 * projection would write them. `now` is the time of the newest run, milliseconds since 1970.
 */
export async function fillHub(db: Kysely<unknown>, filling: Filling, now: number): Promise<Filled> {
  return db.transaction().execute(async (tx) => {
    const run = (statement: string) => sql.raw(statement).execute(tx);
    const { rows: there } = await sql<{ max: number | null }>`
      select max(queued_position) as max from ${sql.id(hubProjection.schema, 'runs')}`.execute(tx);
    if (there[0]?.max) throw new TypeError('the read models hold runs already');
    await run(`set local search_path = "${hubProjection.schema}", pg_temp`);
    await run("set local statement_timeout = '0'");
    const indexes = await indexesOf(tx);
    // Building an index of all rows at once takes a fraction of the time of adding each row to it.
    await run("set local maintenance_work_mem = '256MB'");
    for (const { drop } of indexes) await run(drop);
    for (const statement of statementsOf(filling, now)) await run(statement);
    for (const { create } of indexes) await run(create);
    for (const { name } of hubProjection.tables) await run(`analyze ${name}`);
    await run('analyze liveness.beats');
    const { rows } = await sql<Filled>`
      select usual.run_id as "usualRun", usual.position as "usualNumber", largest.run_id as "largestRun",
        longest.run_id as "longestRun", drift.run_id as "driftRun",
        md5('finding 1') as finding, md5('policy 1') as policy, md5('scope 0') as "scopeKey",
        (select max(position) + ${POSITIONS_A_RUN} from filled) as position
      from filled usual, filled largest, filled longest, filled drift
      where usual.i = (select max(i) from filled where i <= ${filling.runs / 2} and i % 2 = 0
          and i % 20 = 0 and bucket = 'partially_succeeded')
        and largest.i = ${filling.runs + 2} and longest.i = ${filling.runs + 4}
        and drift.i = (select max(i) from filled where i % 2 = 0 and type = 'drift.generate'
          and bucket = 'succeeded')`.execute(tx);
    await run('drop table filled');
    if (!rows[0]) throw new TypeError('the filled read models lack a run that pages are asked for');
    return rows[0];
  });
}

/** The statements that drop and create all keys and indexes of the read models. */
async function indexesOf(db: Kysely<unknown>) {
  const { rows } = await sql<{ readonly drop: string; readonly create: string }>`
    select case when con.oid is null then format('drop index %s', i.indexrelid::regclass)
        else format('alter table %s drop constraint %I', i.indrelid::regclass, con.conname) end as drop,
      case when con.oid is null then pg_get_indexdef(i.indexrelid)
        else format('alter table %s add constraint %I %s', i.indrelid::regclass, con.conname,
          pg_get_constraintdef(con.oid)) end as create
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_constraint con on con.conindid = i.indexrelid and con.contype in ('p', 'u')
    where n.nspname = ${hubProjection.schema} and c.relkind = 'r' order by i.indexrelid`.execute(db);
  return rows;
}

const quoted = (texts: readonly string[]): string => texts.map((text) => `'${text}'`).join(', ');

function statementsOf(filling: Filling, now: number): readonly string[] {
  const { runs, largestItems, longestHistory } = filling;
  return [
    filledSql(filling, now),
    ...runStatements(filling),
    ...detailStatements(filling),
    ...featureStatements(filling),
    ...policyStatements(filling),
    insertSql(
      runItemsTable,
      `filled, generate_series(1, ${largestItems}) n where i = ${runs + 2}`,
      itemColumns("case when n % 100 = 0 then 'failed' when n % 50 = 0 then 'skipped' else 'succeeded' end"),
    ),
    insertSql(runEventsTable, `filled, generate_series(1, ${longestHistory}) n where i = ${runs + 4}`, {
      ...eventColumns,
      type: `case n when 1 then 'RunQueued' when 2 then 'RunStarted' when ${longestHistory} then 'RunCompleted'
        else case when n % 4 = 0 then 'RunWaiting' else 'RunItemsRecorded' end end`,
      data: `case when n = 1 then json_build_object('title', 'Inventory', 'type', type)
        when n = 2 then json_build_object('attempt', 1, 'worker', 'worker w-1')
        when n % 4 = 0 then json_build_object('reasonCode', 'graph_throttled',
          'reason', 'Graph asks to wait 20 s.', 'until', '2026-01-05T08:00:30.000Z')
        else json_build_object('items', json_build_array(json_build_object('itemId', 'item ' || n,
          'outcome', 'succeeded', 'label', 'Policy ' || n, 'subject', null, 'reasonCode', null,
          'reason', null))) end`,
      metadata: EVENT_METADATA,
    }),
  ];
}

/** One row for each run, from which the rows of all other tables are made. */
function filledSql({ tenantIds, personIds, runs }: Filling, now: number): string {
  const [first = '', ...others] = tenantIds;
  const ended = "bucket not in ('queued', 'running')";
  return `create temporary table filled on commit drop as
    with drawn as (
      select i,
        case when i % 2 = 0 then '${first}'::uuid
          else (array[${quoted(others)}]::uuid[])[1 + i / 2 % ${others.length}] end as tenant_id,
        abs(hashint4(i)) % 1000 as chance, abs(hashint4(i + 1000000000)) % 1000 as other_chance,
        (${now} - ${YEAR_MS} * ((${runs} - i)::double precision / ${runs}))::bigint as created_at
      from generate_series(1, ${runs + 4}) i
      where i <= ${runs} or i % 2 = 0
    ), typed as (
      select *,
        case when chance < 600 then 'inventory.sync' when chance < 900 then 'drift.generate'
          when chance < 990 then 'backup.create' else 'groups.sync' end as type,
        case when i > ${runs} then 'partially_succeeded' when i > ${runs - 40} then 'queued'
          when i > ${runs - 120} then 'running' when other_chance < 850 then 'succeeded'
          when other_chance < 930 then 'partially_succeeded' else 'failed' end as bucket
      from drawn
    )
    select *, md5(i::text) || '-0' as run_id, ${FIRST_POSITION} + i * ${POSITIONS_A_RUN} as position,
      case when other_chance % 10 < 6 then 'member' when other_chance % 10 < 9 then 'schedule' else 'api' end
        as initiator_kind,
      case when other_chance % 10 < 6
        then (array[${quoted(personIds)}])[1 + chance % ${personIds.length}]
        when other_chance % 10 < 9 then 'nightly' else 'client-1' end as initiator_id,
      md5('scope ' || chance % 5) as scope_key,
      case when bucket = 'failed' then (array['graph_unauthenticated', 'graph_throttled', 'worker_lost',
        'unexpected'])[1 + chance % 4] end as reason_code,
      case when ${ended} then created_at + 60000 end as finished_at
    from typed`;
}

function runStatements({ runs, longestHistory }: Filling): readonly string[] {
  const events = `case when i = ${runs + 4} then ${longestHistory} else 3 end`;
  return [
    insertSql(runsTable, 'filled', {
      tenant_id: 'tenant_id',
      run_id: 'run_id',
      type: 'type',
      title: "'Inventory of selection ' || chance % 5",
      scope: "jsonb_build_object('scopeKey', scope_key)",
      context: "jsonb_build_object('scopeKey', scope_key)",
      initiator_kind: 'initiator_kind',
      initiator_id: 'initiator_id',
      initiator_name:
        "case initiator_kind when 'schedule' then 'Nightly' when 'api' then 'Ticket system' end",
      lifecycle: `case bucket when 'queued' then 'pending' when 'succeeded' then 'completed'
        when 'partially_succeeded' then 'completed_with_errors' else bucket end`,
      bucket: 'bucket',
      bucket_position: 'position + 5',
      total: '2',
      processed: '2',
      succeeded: "case when bucket = 'succeeded' then 2 else 1 end",
      failed: "case when bucket = 'partially_succeeded' then 1 else 0 end",
      attempt: '1',
      created_at: 'created_at',
      started_at: "case when bucket <> 'queued' then created_at + 1000 end",
      finished_at: 'finished_at',
      reason_code: 'reason_code',
      reason: "case when bucket = 'failed' then 'Graph answered 401.' end",
      caused_by_run_id: "case when i % 10 = 0 then md5((i - 2)::text) || '-0' end",
      correlation_id: 'run_id',
      queued_position: 'position',
      last_position: 'position + 5',
      last_revision: `${events} - 1`,
      last_at: 'coalesce(finished_at, created_at)',
      events,
    }),
    insertSql(knownIdsTable, 'filled', { kind: "'run'", id: 'run_id', tenant_id: 'tenant_id' }),
    insertSql(
      runCountersTable,
      '(select tenant_id, type, bucket, count(*) as runs from filled group by 1, 2, 3) counted',
      { tenant_id: 'tenant_id', type: 'type', bucket: 'bucket', runs: 'runs' },
    ),
    insertSql(
      runInitiatorsTable,
      `(select tenant_id, initiator_kind, initiator_id, count(*) as runs, max(created_at) as last_at
        from filled group by 1, 2, 3) counted`,
      {
        tenant_id: 'tenant_id',
        initiator_kind: 'initiator_kind',
        initiator_id: 'initiator_id',
        name: "case initiator_kind when 'schedule' then 'Nightly inventory' when 'api' then 'Pipeline' end",
        runs: 'runs',
        last_at: 'last_at',
      },
    ),
    insertSql(
      runOutcomesTable,
      `(select tenant_id, finished_at / 900000 * 900000 as quarter, type, bucket, count(*) as runs
        from filled where finished_at is not null group by 1, 2, 3, 4) counted`,
      sameColumns(runOutcomesTable),
    ),
    insertSql(
      runTermsTable,
      `(select distinct tenant_id, position, unnest(array[split_part(run_id, '-', 1), split_part(type, '.', 1),
          split_part(type, '.', 2), 'inventory', 'of', 'selection', (chance % 5)::text, scope_key]) as term
        from filled) worded`,
      { tenant_id: 'tenant_id', term: 'term', queued_position: 'position' },
    ),
    `insert into liveness.beats (tenant_id, run_id, attempt, worker)
      select tenant_id, run_id, 1, 'worker w-1' from filled where bucket = 'running'`,
  ];
}

const eventColumns = {
  tenant_id: 'tenant_id',
  run_id: 'run_id',
  revision: 'n - 1',
  position: 'position + n',
  event_id: 'md5(run_id || n)::uuid',
  at: 'created_at + n * 1000',
  actor_kind: "'worker'",
  actor_id: "'worker w-1'",
  attempt: '1',
} as const;

const EVENT_METADATA = `json_build_object('hash', md5(run_id || n), 'at', to_char(
  to_timestamp((${eventColumns.at}) / 1000.0) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`;

const itemColumns = (outcome: string) => ({
  tenant_id: 'tenant_id',
  run_id: 'run_id',
  item_id: "'configurationPolicies/policy ' || n",
  ordinal: 'n',
  label: "'Policy ' || n",
  outcome,
  reason_code: `case ${outcome} when 'failed' then 'graph_forbidden' when 'skipped' then 'unchanged' end`,
  reason: `case ${outcome} when 'failed' then 'Graph answered 403 (Forbidden).' end`,
  attempt: '1',
  at: 'created_at + 2000',
  revision: '1',
  position: 'position + 1',
});

function detailStatements({ runs }: Filling): readonly string[] {
  const usual = `i <= ${runs}`;
  const ended = "bucket not in ('queued', 'running')";
  return [
    insertSql(
      runEventsTable,
      `filled, generate_series(1, 3) n where i <= ${runs + 2} and (n <> 2 or i % 20 = 0 or i > ${runs})`,
      {
        ...eventColumns,
        type: "(array['RunQueued', 'RunStarted', 'RunCompleted'])[n]",
        data: `json_build_object('title', 'Inventory', 'type', type, 'attempt', 1, 'summary', '2 policies read')`,
        metadata: EVENT_METADATA,
      },
    ),
    insertSql(
      runItemsTable,
      `filled, generate_series(1, 2) n where ${usual} and (n = 1 or i % 20 = 0)`,
      itemColumns("case when bucket = 'partially_succeeded' and n = 1 then 'failed' else 'succeeded' end"),
    ),
    insertSql(failuresTable, "filled where bucket in ('failed', 'partially_succeeded')", {
      tenant_id: 'tenant_id',
      position: 'position + 5',
      ordinal: "case when bucket = 'failed' then 0 else 1 end",
      run_id: 'run_id',
      run_type: 'type',
      label: "'Policy ' || i",
      reason_code: "coalesce(reason_code, 'graph_forbidden')",
      reason: "'Graph answered 403 (Forbidden).'",
      at: 'created_at',
    }),
    insertSql(
      failureRunsTable,
      `(select tenant_id, run_id, reason_code, run_type, min(position) - 5 as queued_position,
        count(*) as failures, min(position) as first_position, min(at) as first_at, max(at) as last_at
        from failures group by 1, 2, 3, 4) counted`,
      sameColumns(failureRunsTable),
    ),
    insertSql(
      failureHoursTable,
      `(select tenant_id, reason_code, run_type, at / 3600000 as hour, count(*) as failures, count(*) as runs
        from failures group by 1, 2, 3, 4) counted`,
      sameColumns(failureHoursTable),
    ),
    insertSql(
      failureGroupsTable,
      `(select tenant_id, reason_code, run_type, count(*) as failures, count(*) as runs, min(at) as first_at,
        max(at) as last_at, max(run_id) as last_run_id, max(position) as last_position
        from failures group by 1, 2, 3) grouped`,
      sameColumns(failureGroupsTable),
    ),
    insertSql(notificationsTable, "filled where initiator_kind = 'member'", {
      tenant_id: 'tenant_id',
      person_id: 'initiator_id::uuid',
      kind: `case when ${ended} then 'ended' else 'queued' end`,
      run_id: 'run_id',
      run_type: 'type',
      title: "'Inventory of selection ' || chance % 5",
      bucket: 'bucket',
      at: 'created_at',
      position: 'position',
      read_at: 'case when i % 2 = 0 then null else created_at end',
    }),
    insertSql(runLinksTable, 'filled, generate_series(1, 2) n where i % 10 = 0', {
      tenant_id: 'tenant_id',
      run_id: 'run_id',
      relation: "case n when 1 then 'produced' else 'baseline' end",
      target_kind: "case n when 1 then 'inventory' else 'run' end",
      target_id: "case n when 1 then scope_key else md5((i - 2)::text) || '-0' end",
      label: "'All policies'",
      position: 'position',
    }),
    insertSql(runAsksTable, 'filled where i % 10 = 0', {
      tenant_id: 'tenant_id',
      run_id: 'run_id',
      initiator_kind: "'schedule'",
      initiator_id: "'nightly'",
      initiator_name: "'Nightly'",
      at: 'created_at',
    }),
  ];
}

function featureStatements({ tenantIds, runs }: Filling): readonly string[] {
  const usable = "bucket in ('succeeded', 'partially_succeeded')";
  const newest = `(select * from filled where type = 'drift.generate' and i % 2 = 0 and ${usable}
    and i <= ${runs} order by i desc limit 1) newest`;
  return [
    insertSql(inventoriesTable, `filled where type = 'inventory.sync' and finished_at is not null`, {
      tenant_id: 'tenant_id',
      run_id: 'run_id',
      scope_key: 'scope_key',
      number: 'position',
      title: "'Inventory of selection ' || chance % 5",
      bucket: 'bucket',
      usable: usable,
      policies: '2',
      policies_by_type: `'{"configurationPolicies": 2}'`,
      finished_at: 'finished_at',
      position: 'position + 5',
    }),
    insertSql(
      inventoryScopesTable,
      '(select tenant_id, scope_key, max(position) as position from inventories group by 1, 2) scopes',
      {
        tenant_id: 'tenant_id',
        scope_key: 'scope_key',
        title: "'Inventory of a selection'",
        usable: '1000',
        policies_by_type: `'{"configurationPolicies": 2}'`,
        position: 'position',
      },
    ),
    insertSql(
      driftComparisonsTable,
      `(select distinct on (tenant_id, scope_key) * from filled where type = 'drift.generate' and ${usable}
        order by tenant_id, scope_key, position desc) newest`,
      {
        tenant_id: 'tenant_id',
        run_id: 'run_id',
        scope_key: 'scope_key',
        baseline_run_id: 'run_id',
        current_run_id: 'run_id',
        summary: "'2 findings in 2 policies'",
        finished_at: 'finished_at',
        position: 'position + 5',
      },
    ),
    insertSql(findingsTable, `${newest}, generate_series(1, ${FINDINGS}) n`, {
      tenant_id: 'tenant_id',
      fingerprint: "md5('finding ' || n)",
      status: "case when n % 3 = 0 then 'acknowledged' else 'new' end",
      kind: "(array['added', 'removed', 'changed', 'assignment_changed'])[1 + n % 4]",
      policy_type: "'configurationPolicies'",
      subject_id: "'policy ' || n",
      name: "'Policy ' || n",
      counterparts: "'[]'",
      scope_key: 'scope_key',
      evidence: `'${JSON.stringify(evidenceWith({}))}'`,
      first_run_id: 'run_id',
      first_detected_at: 'created_at',
      last_run_id: 'run_id',
      last_detected_at: 'created_at',
      detections: '1',
      baseline_run_id: 'run_id',
      current_run_id: 'run_id',
      first_position: 'position',
    }),
    insertSql(findingDetectionsTable, `${newest}, generate_series(1, ${FINDINGS}) n`, {
      tenant_id: 'tenant_id',
      run_id: 'run_id',
      fingerprint: "md5('finding ' || n)",
      item_id: "'configurationPolicies/policy ' || n",
      at: 'created_at',
      position: 'position',
    }),
    insertSql(knownIdsTable, `generate_series(1, ${FINDINGS}) n`, {
      kind: "'finding'",
      id: "md5('finding ' || n)",
      tenant_id: `'${tenantIds[0]}'::uuid`,
    }),
  ];
}

const address = (of: string) => `md5(${of}) || md5(${of})`;

function policyStatements({ tenantIds }: Filling): readonly string[] {
  const tenant = `'${tenantIds[0]}'::uuid`;
  const newest = `(select run_id from filled where type = 'inventory.sync' and i % 2 = 0 and finished_at is not null
    order by i desc limit 1)`;
  const policy = {
    tenant_id: tenant,
    policy_key: "md5('policy ' || n)",
    name: "'Policy ' || n || ' of area ' || n % 40",
    artifact: address("'policy ' || n"),
    setting_count: '12',
  };
  const times = {
    first_seen_at: '1767600000000',
    first_run_id: newest,
  };
  return [
    insertSql(policiesTable, `generate_series(1, ${POLICIES}) n`, {
      ...policy,
      ...times,
      policy_type: "case when n % 3 = 0 then 'intents' else 'configurationPolicies' end",
      policy_id: "'policy ' || n",
      name_order: "'policy ' || n || ' of area ' || n % 40",
      version: `case when n = 1 then ${VERSIONS} else 1 end`,
      content_hash: address("'content ' || n"),
      assignments_hash: address("'assignments ' || n"),
      rules_version: '3',
      changed_at: '1767600000000 + n',
      changed_run_id: newest,
      changed_position: `${FIRST_POSITION} + n / 100`,
      seen_at: '1767600000000 + n',
      seen_run_id: newest,
      seen_position: `${FIRST_POSITION} + n / 100`,
    }),
    insertSql(
      policyVersionsTable,
      `generate_series(1, ${POLICIES}) n, generate_series(1, case when n = 1 then ${VERSIONS} else 1 end) v`,
      {
        ...policy,
        ...times,
        version: 'v',
        snapshot_id: "md5('policy ' || n) || '-' || v",
        last_seen_at: '1767600000000 + n',
        last_run_id: newest,
        last_position: `${FIRST_POSITION} + n / 100`,
      },
    ),
    insertSql(
      policySnapshotsTable,
      `generate_series(1, ${POLICIES}) n, generate_series(1, case when n = 1 then ${VERSIONS} else 1 end) v`,
      {
        tenant_id: tenant,
        snapshot_id: "md5('policy ' || n) || '-' || v",
        policy_key: "md5('policy ' || n)",
        version: 'v',
        artifact: address("'policy ' || n"),
        withheld: '0',
        bytes: '4096',
        run_id: newest,
        at: '1767600000000 + n',
        position: `${FIRST_POSITION} + n / 100`,
      },
    ),
    insertSql(
      policyTermsTable,
      `(select distinct n, unnest(array['policy', n::text, 'of', 'area', 'a' || n % 40]) as word
        from generate_series(1, ${POLICIES}) n) worded`,
      { tenant_id: tenant, term: 'word', policy_key: "md5('policy ' || n)" },
    ),
    insertSql(
      policyFacetsTable,
      `generate_series(1, ${POLICIES}) n, unnest(array['common', 'setting' || n % 2000, 'group ' || n % 1000]) facet`,
      { tenant_id: tenant, facet: FACET_OF_NAME, policy_key: "md5('policy ' || n)" },
    ),
    insertSql(policySettingsTable, SETTINGS, { tenant_id: tenant, facet: FACET_OF_NAME, path: 'facet' }),
    insertSql(
      settingTermsTable,
      `(select facet, unnest(array[facet, 'words']) as word from ${SETTINGS}) worded`,
      { tenant_id: tenant, term: 'word', facet: FACET_OF_NAME },
    ),
    insertSql(
      directoryObjectsTable,
      "(select distinct 'group ' || n as facet, n from generate_series(0, 999) n) g",
      {
        tenant_id: tenant,
        kind: "'group'",
        object_key: "substr('g' || md5(facet), 2)",
        object_id: 'md5(facet)',
        name: 'facet',
        sort_name: 'facet',
      },
    ),
    insertSql(policyTypeReadingsTable, "unnest(array['intents', 'configurationPolicies']) type", {
      tenant_id: tenant,
      policy_type: 'type',
      run_id: newest,
      at: '1767700000000',
      position: `${FIRST_POSITION} + ${POLICIES}`,
    }),
    insertSql(knownIdsTable, `generate_series(1, ${POLICIES}) n`, {
      kind: "'policy'",
      id: "md5('policy ' || n)",
      tenant_id: tenant,
    }),
  ];
}

const sameColumns = ({ columns }: AnyTable): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.keys(columns).map((column) => [column, column]));

/** The value of a column that is not given. */
const EMPTY: Readonly<Record<ColumnType, string>> = {
  uuid: "'00000000-0000-0000-0000-000000000000'::uuid",
  text: "''",
  'text collate "C"': "''",
  'text[]': "'{}'::text[]",
  bigint: '0',
  integer: '0',
  boolean: 'false',
  json: "'{}'::json",
  jsonb: "'{}'::jsonb",
};

/** A statement that inserts a row for each row of `from`. Columns that are not given are empty or null. */
function insertSql<Table extends AnyTable>(
  { name, columns }: Table,
  from: string,
  given: { readonly [Column in keyof Table['columns'] & string]?: string },
): string {
  const expressionOf: Readonly<Record<string, string | undefined>> = given;
  const expressions = Object.entries(columns).map(([column, { type, nullable }]) => {
    const expression = expressionOf[column];
    return `(${expression ?? (nullable ? 'null' : EMPTY[type])})::${type}`;
  });
  return `insert into ${name} (${Object.keys(columns).join(', ')}) select ${expressions.join(', ')} from ${from}`;
}
