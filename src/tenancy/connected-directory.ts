import { z } from 'zod';

/** The directory that a connection leads to, whatever app and credential it signs in with. */
export const connectedDirectorySchema = z.strictObject({
  /** Address of Graph, without a slash at its end. */
  baseUrl: z.string().max(500),
  /** In lower case; null for a simulator that takes a fixed token. */
  directoryId: z.guid().nullable(),
});
export type ConnectedDirectory = Readonly<z.output<typeof connectedDirectorySchema>>;

/** The part of a connection that names its directory. */
interface DirectoryAddress {
  readonly baseUrl: string;
  readonly signIn: { readonly directoryId: string } | null;
}

/** The directory that a tenant's connection leads to. */
export const directoryOf = ({ baseUrl, signIn }: DirectoryAddress): ConnectedDirectory => ({
  baseUrl: baseUrl.replace(/\/+$/, ''),
  directoryId: signIn?.directoryId.toLowerCase() ?? null,
});

/** Whether two connections lead to the same directory at the same address of Graph. */
export const isSameDirectory = (one: ConnectedDirectory, other: ConnectedDirectory): boolean =>
  one.baseUrl === other.baseUrl && one.directoryId === other.directoryId;

/**
 * Whether two connections lead to the same directory, whatever the address of Graph, because a directory has one id at
 * every address. Without both ids the address decides.
 */
export const reachSameDirectory = (one: ConnectedDirectory, other: ConnectedDirectory): boolean =>
  one.directoryId === null || other.directoryId === null
    ? one.baseUrl === other.baseUrl
    : one.directoryId === other.directoryId;
