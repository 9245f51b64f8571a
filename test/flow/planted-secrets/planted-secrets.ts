import { material } from '../../sanitize/corpus/material.js';
import type { Secret } from './secret-search.js';

/** All secrets that the leaky Graph sends, made from a seed. */
export interface PlantedSecrets {
  /** A text that contains a secret of a recognisable form, another one at each call. */
  text(where: string): string;
  /** Only a vendor's token, in a place where an error code is expected. */
  token(where: string): string;
  /** A secret without a recognisable form, as people choose them. Only its place shows that it is a secret. */
  word(where: string): string;
  readonly all: readonly Secret[];
}

const WORDS = ['glimmer', 'tapir', 'canyon', 'saffron', 'walnut', 'ember', 'orchid', 'pelican', 'quartz'];

export function plantSecrets(seed: number): PlantedSecrets {
  const m = material(seed);
  const all: Secret[] = [];
  let turn = 0;
  const plant = (name: string, core: string): string => {
    all.push({ name, core });
    return core;
  };
  /** Texts in the style of real services, each with one secret. */
  const forms: readonly ((where: string) => string)[] = [
    (where) => {
      const token = m.jwt();
      plant(`${where}: JWT`, token.slice(-40));
      return `The token Bearer ${token} has expired`;
    },
    (where) =>
      `client_secret=${plant(`${where}: client secret`, m.entraSecret())}&grant_type=client_credentials`,
    (where) =>
      `signed in as ${plant(`${where}: mailbox`, `op.${m.b62(9).toLowerCase()}`)}@contoso-mail.example`,
    (where) =>
      `DefaultEndpointsProtocol=https;AccountName=ops;AccountKey=${plant(`${where}: account key`, m.b64(86))}==;`,
    (where) =>
      `https://ops.blob.core.windows.net/x?sv=2024-11-04&sp=r&sig=${plant(`${where}: SAS`, m.b62(43))}%3D`,
    (where) => `{"password":"${plant(`${where}: password in JSON`, `${m.password()}${m.password()}`)}"}`,
    (where) => `Cookie: .AspNetCore.Cookies=${plant(`${where}: cookie`, m.url64(64))}; path=/`,
    (where) => `postgres://ledger:${plant(`${where}: URL password`, m.b62(20))}@db.internal:5432/ops failed`,
    (where) => `remote: ghp_${plant(`${where}: vendor token`, m.b62(36))} was revoked`,
    (where) => {
      const pem = m.pem('PRIVATE KEY', 2);
      plant(`${where}: private key`, pem.split('\n')[1] ?? '');
      return pem;
    },
  ];
  return {
    all,
    text(where) {
      const form = forms[turn++ % forms.length];
      return form ? form(where) : '';
    },
    token: (where) => `ghp_${plant(`${where}: vendor token`, m.b62(36))}`,
    word(where) {
      const words = Array.from({ length: 3 }, () => WORDS[Number.parseInt(m.hex(4), 16) % WORDS.length]);
      return plant(`${where}: a person’s word`, `${words.join('-')}-${m.digits(4)}`);
    },
  };
}
