import t from 'tap';
import { productEvents } from '../../../src/program/product-events.js';
import type { AuditRow } from '../../../src/web/hub/audit-list.js';
import { type AuditFacts, auditEntry } from '../../../src/web/view/audit-entries.js';
import { EVENT_SAMPLES } from '../../support/event-samples.js';

const row = (area: AuditRow['area'], subjectId: string | null): AuditRow => ({
  tenant_id: '',
  event_id: '',
  position: 1,
  revision: 0,
  at: 0,
  schema_version: 1,
  correlation_id: '',
  importance: 'normal' as const,
  actor_kind: 'system',
  actor_id: 'cli',
  act: 'BackupSetRenamed',
  area,
  subject: 'a thing',
  subject_id: subjectId,
  details: {},
  result: 'done',
  reason_code: null,
});
const facts = (opensFeatures: boolean): AuditFacts => ({
  names: new Map(),
  findings: new Map(),
  items: new Map(),
  tenants: new Map(),
  runs: new Map(),
  events: productEvents,
  base: '/t/contoso',
  opensFeatures,
});

t.test('an entry links to the page of its subject when the reader may open that page', async (t) => {
  const hrefs = (opensFeatures: boolean) =>
    (['operation', 'finding', 'backupset', 'schedule', 'tenant'] as const).map(
      (area) => auditEntry(row(area, 'x'), facts(opensFeatures)).href,
    );
  t.same(hrefs(true), [
    '/t/contoso/runs/x',
    '/t/contoso/drift/findings/x',
    '/t/contoso/backup-sets/x',
    '/t/contoso/schedules/x',
    null,
  ]);
  t.same(hrefs(false), ['/t/contoso/runs/x', null, null, null, null], 'an auditor opens runs alone');
  t.equal(auditEntry(row('backupset', null), facts(true)).href, null);
});

t.test('the name of a subject is said once', async (t) => {
  const details = EVENT_SAMPLES.ScheduleSet;
  const set = { ...row('schedule', 'x'), act: 'ScheduleSet', details, subject: details.name };
  const { subject, detail } = auditEntry(set, facts(true));
  t.equal(subject, details.name);
  t.notMatch(detail, details.name);
  t.match(detail, details.cron, 'with the rest of its words');
});
