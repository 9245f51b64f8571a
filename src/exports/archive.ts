import { Readable } from 'node:stream';
import yazl from 'yazl';

/** A file of an archive. Its content is asked for when its turn comes. */
export interface ArchiveFile {
  /** Folders and name, with `/` between them. */
  readonly path: string;
  content(): AsyncIterable<Uint8Array | string>;
}

/** Readable by everybody and writable by the owner, where a system keeps such rights. */
const FILE_MODE = 0o100644;

/**
 * The bytes of a zip archive, made while they are read. Memory holds one file at a time and a list of all names.
 * Every file has the time `at` (milliseconds since 1970). Errors: those of the contents; a RangeError for a path that
 * leads out of the archive.
 */
export async function* zipArchive(files: Iterable<ArchiveFile>, at: number): AsyncGenerator<Buffer> {
  // yazl writes one file after the other, compresses with Node’s own zlib, writes ZIP64 and depends on a CRC alone;
  // client-zip and fflate don't compress natively, and archiver brings seven packages for the same.
  const zip = new yazl.ZipFile();
  const output = zip.outputStream as Readable;
  zip.on('error', (error: Error) => output.destroy(error));
  for (const { path, content } of files) {
    if (/(^|\/)\.*(\/|$)|[\\:]/.test(path)) throw new RangeError(`${path} is no path inside an archive`);
    zip.addReadStreamLazy(path, { mtime: new Date(at), mode: FILE_MODE }, (ready) => {
      const reading = Readable.from(content(), { objectMode: false });
      reading.on('error', (error) => zip.emit('error', error));
      ready(null, reading);
    });
  }
  zip.end();
  for await (const chunk of output) yield chunk as Buffer;
}
