import t from 'tap';
import type { AnyModel } from '../../../projections/engine/model.js';
import { HUB_MODELS } from '../../../projections/hub/hub-models.js';
import { createHubProjection, hubProjection } from '../../../projections/hub/hub-projection.js';
import { foldedBy, foldedNow, readFoldRecord, unversionedChanges } from '../../support/fold-record.js';
import { foldStories } from '../../support/fold-stories.js';

t.test('a fold that makes other rows from the same events has another version', async (t) => {
  const [recorded, now] = await Promise.all([readFoldRecord(), foldedNow()]);
  t.strictSame(unversionedChanges(recorded, now), []);
  t.strictSame(recorded, now, 'npm run docs records the rows of new versions and of new events');
});

t.test('every table has rows in some test story', async (t) => {
  const stories = await foldStories();
  const nothing = foldedBy({ ...hubProjection, models: hubProjection.models.map(idle) }, stories);
  const empty = Object.entries(foldedBy(hubProjection, stories)).flatMap(([model, { rows }]) =>
    Object.entries(rows).every(([story, digest]) => digest === nothing[model]?.rows[story]) ? model : [],
  );
  t.strictSame(empty, []);
});

t.test('a changed fold is reported until its version is raised', async (t) => {
  const stories = await foldStories();
  const recorded = foldedBy(hubProjection, stories);
  const changed = HUB_MODELS.map((model) => (model.table.name === 'run_links' ? idle(model) : model));
  const now = foldedBy(createHubProjection(changed), stories);
  const [sentence, ...others] = unversionedChanges(recorded, now);
  t.match(sentence, /The fold of hub\/run_links .* raise the foldVersion/);
  t.strictSame(others, []);
  const raised = changed.map((model) =>
    model.table.name === 'run_links' ? { ...model, foldVersion: model.foldVersion + 1 } : model,
  );
  t.strictSame(unversionedChanges(recorded, foldedBy(createHubProjection(raised), stories)), []);
});

const idle = (model: AnyModel): AnyModel => ({ ...model, apply: () => undefined });
