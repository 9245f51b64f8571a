import { z } from 'zod';
import type { GivenProof } from '../ports/connections.js';
import { WebError } from '../web-error.js';
import { defineForm, startedRun, startRunOfForm } from './page-form.js';
import { changedAt, notChanged, wrongField } from './read-form.js';

const line = z.string().trim().max(500);
const url = z.url({ protocol: /^https?$/, error: 'It takes an address that begins with https://' });
const address = z.union([url.max(500), z.literal('')]).default('');
const day = z.iso.date('It takes a day, such as 2027-01-31');

const connectSchema = z
  .object({
    directoryId: z.guid('It takes the directory’s id, as Entra’s overview page shows it'),
    clientId: z.guid('It takes the application’s id, as its page in Entra shows it'),
    cloud: line.max(30),
    secret: line.default(''),
    secretEndsOn: z.union([day, z.literal('')]).default(''),
    /** A certificate as pasted PEM. */
    certificate: z.string().max(30_000).default(''),
    /** A certificate from a selected file, in base64. */
    certificateFile: z.base64().max(40_000).default(''),
    passphrase: z.string().max(500).default(''),
    assertionAlgorithm: z.enum(['PS256', 'RS256']).default('PS256'),
    authority: address,
    graphUrl: address,
  })
  .refine(
    ({ secret, certificate, certificateFile }) =>
      [secret, certificate.trim(), certificateFile].filter((given) => given !== '').length === 1,
    { path: ['secret'], message: 'Give a secret or a certificate, and only one of them' },
  );

/** Proposes a connection. A run signs in with it; when that works, it replaces the connection before it. */
const connect = defineForm({
  path: '/connection/connect',
  capability: 'connections.manage',
  fields: connectSchema,
  async submit({ form, actor, at, tenant, runtime }) {
    const { connections } = runtime.deps.ports;
    const back = `/t/${tenant.slug}/connection`;
    const cloud = connections.clouds.find(({ name }) => name === form.cloud);
    if (!cloud) throw new WebError('bad_request', 'There is no such cloud.');
    const outcome = await connections.propose(actor, {
      ...at,
      directoryId: form.directoryId,
      clientId: form.clientId,
      cloud: cloud.name,
      authority: form.authority === '' ? null : form.authority,
      graphUrl: form.graphUrl === '' ? null : form.graphUrl,
      secretEndsOn: form.secretEndsOn === '' ? null : form.secretEndsOn,
      assertionAlgorithm: form.assertionAlgorithm,
      proof: proofOf(form),
    });
    if (outcome.kind === 'invalid') throw notChanged(outcome.message, back);
    return startedRun(outcome, tenant, runtime);
  },
});

function proofOf(form: z.output<typeof connectSchema>): GivenProof {
  if (form.secret !== '') return { kind: 'secret', secret: form.secret };
  const file =
    form.certificateFile === '' ? Buffer.from(form.certificate) : Buffer.from(form.certificateFile, 'base64');
  return { kind: 'certificate', file, passphrase: form.passphrase === '' ? null : form.passphrase };
}

const check = defineForm({
  path: '/connection/check',
  capability: 'runs.start',
  fields: z.object({}),
  submit: (sent) => startRunOfForm(sent, 'connection.check', {}),
});

const remove = defineForm({
  path: '/connection/remove',
  capability: 'connections.manage',
  fields: z.object({ shortName: line }),
  async submit({ form, actor, at, tenant, runtime }) {
    const back = `/t/${tenant.slug}/connection`;
    if (form.shortName !== tenant.slug)
      throw wrongField('shortName', `Type “${tenant.slug}” to remove the connection of ${tenant.name}.`);
    const position = changedAt(await runtime.deps.ports.connections.remove(actor, at), back);
    await runtime.caughtUp(at.tenantId, position);
    return '/connection';
  },
});

/** Forms that set, check and remove a tenant's connection. */
export const CONNECTION_FORMS = [connect, check, remove] as const;
