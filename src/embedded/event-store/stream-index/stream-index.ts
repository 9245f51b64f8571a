import { mkdirSync, readdirSync } from 'node:fs';
import { errorMessage } from '../../../wording/error-message.js';
import type { EventStoreLogger } from '../logger.js';
import { LOG_START } from '../storage/log-state.js';
import { TOMBSTONE } from '../storage/record.js';
import {
  closeIndexFile,
  createIndexFileWriter,
  entriesDownFrom,
  entriesFrom,
  type IndexEntry,
  type IndexFile,
  lastEntry,
  openIndexFile,
  removeIndexFile,
} from './index-file.js';
import { ENTRY_BYTES } from './index-key.js';
import { type Manifest, readManifest, writeManifest } from './manifest.js';
import { createMemoryIndex, type MemoryIndex } from './memory-index.js';
import { filesToMerge, mergeIndexFiles } from './merge.js';

/** The name of a stream and its hash, which the index is searched by. */
export interface StreamKey {
  readonly name: string;
  readonly hash: Buffer;
}

/**
 * The positions of all events of all streams. The newest events are in memory, all others in sorted files that are
 * merged in the background. After a crash, the events that were in memory are read from the log again. Memory
 * therefore doesn't grow with the log.
 */
export class StreamIndex {
  private files: IndexFile[];
  private memory = createMemoryIndex();
  /** A full index that waits until its events are on disk. */
  private frozen: { readonly memory: MemoryIndex; readonly to: number; readonly streams: number } | undefined;
  private streamsBegun: number;
  /** The number of streams that the events in the files began. */
  private streamsCovered: number;
  private covered: number;
  private merging: Promise<void> | undefined;
  private closed = false;
  private fileCount = 0;

  private constructor(
    private readonly folder: string,
    private readonly indexedInMemoryMax: number,
    private readonly logger: EventStoreLogger,
    manifest: Manifest,
    files: IndexFile[],
  ) {
    this.files = files;
    this.covered = manifest.coveredTo;
    this.streamsBegun = manifest.streams;
    this.streamsCovered = manifest.streams;
  }

  /** Opens the index of a folder. An unreadable index is replaced by an empty one, which is filled from the log. */
  static open(folder: string, indexedInMemoryMax: number, logger: EventStoreLogger): StreamIndex {
    mkdirSync(folder, { recursive: true });
    const none: Manifest = { coveredTo: LOG_START, streams: 0, files: [] };
    const manifest = readManifest(folder) ?? none;
    const opened: IndexFile[] = [];
    try {
      for (const info of manifest.files) opened.push(openIndexFile(folder, info));
      removeAllBut(folder, opened);
      return new StreamIndex(folder, indexedInMemoryMax, logger, manifest, opened);
    } catch (error) {
      logger.warn({ folder, reason: errorMessage(error) }, 'the index is made again from the log');
      for (const file of opened) closeIndexFile(file);
      removeAllBut(folder, []);
      return new StreamIndex(folder, indexedInMemoryMax, logger, none, []);
    }
  }

  /** Events before this position are in the index files; later ones must be added again. */
  get coveredTo(): number {
    return this.covered;
  }

  get events(): number {
    const inFiles = this.files.reduce((sum, { entries }) => sum + entries, 0);
    return inFiles + this.memory.size + (this.frozen?.memory.size ?? 0);
  }

  get streams(): number {
    return this.streamsBegun;
  }

  add(stream: StreamKey, revision: number, position: number): void {
    this.memory.add(stream.name, stream.hash, revision, position);
    if (revision === 0) this.streamsBegun += 1;
  }

  /** The newest event of a stream whose revision is at most `revision`. */
  last({ name, hash }: StreamKey, revision = TOMBSTONE): IndexEntry | undefined {
    const recent = this.memory.last(name, revision) ?? this.frozen?.memory.last(name, revision);
    if (recent) return recent;
    for (let i = this.files.length - 1; i >= 0; i--) {
      const file = this.files[i];
      const found = file && lastEntry(file, hash, revision);
      if (found) return found;
    }
    return undefined;
  }

  /** Up to `count` events of a stream from `revision` on. */
  from({ name, hash }: StreamKey, revision: number, count: number): IndexEntry[] {
    const found: IndexEntry[] = [];
    for (const file of this.files) {
      if (found.length >= count) return found;
      entriesFrom(file, hash, revision, count, found);
    }
    this.frozen?.memory.from(name, revision, count, found);
    this.memory.from(name, revision, count, found);
    return found;
  }

  /** Up to `count` events of a stream from `revision` down. */
  downFrom({ name, hash }: StreamKey, revision: number, count: number): IndexEntry[] {
    const found: IndexEntry[] = [];
    this.memory.downFrom(name, revision, count, found);
    this.frozen?.memory.downFrom(name, revision, count, found);
    for (let i = this.files.length - 1; i >= 0 && found.length < count; i--) {
      const file = this.files[i];
      if (file) entriesDownFrom(file, hash, revision, count, found);
    }
    return found;
  }

  /** Removes events at or after `position`, where the log was cut. */
  cut(position: number): void {
    this.streamsBegun -= this.memory.cut(position);
    if (!this.frozen) return;
    const begun = this.frozen.memory.cut(position);
    this.streamsBegun -= begun;
    this.frozen = {
      memory: this.frozen.memory,
      to: Math.min(this.frozen.to, position),
      streams: this.frozen.streams - begun,
    };
  }

  /**
   * Writes an index file when memory is full and its events are on disk. The log is on disk up to `durableEnd`, and
   * everything before `logEnd` was added. Both must be ends of appends, because the index never holds a part of one.
   */
  flush(durableEnd: number, logEnd: number): void {
    if (!this.frozen && this.memory.size >= this.indexedInMemoryMax) this.freeze(logEnd);
    if (!this.frozen || this.frozen.to > durableEnd) return;
    try {
      this.writeFrozen();
    } catch (error) {
      // The index in memory is still right, and the next flush tries again.
      this.logger.warn({ reason: errorMessage(error) }, 'an index file could not be written');
    }
  }

  private freeze(to: number): void {
    this.frozen = { memory: this.memory, to, streams: this.streamsBegun };
    this.memory = createMemoryIndex();
  }

  private writeFrozen(): void {
    const { frozen } = this;
    if (!frozen) return;
    const entries = frozen.memory.sortedEntries();
    const name = this.newName();
    const info = { name, from: this.covered, to: frozen.to };
    const { size: entriesMax, streams: streamsMax } = frozen.memory;
    const writer = createIndexFileWriter(this.folder, info, { entriesMax, streamsMax });
    let file: IndexFile;
    try {
      for (let at = 0; at < entries.length; at += ENTRY_BYTES) writer.add(entries, at);
      file = writer.finish();
    } catch (error) {
      writer.abandon();
      throw error;
    }
    const files = [...this.files, file];
    try {
      writeManifest(this.folder, { coveredTo: frozen.to, streams: frozen.streams, files: files.map(infoOf) });
    } catch (error) {
      closeIndexFile(file);
      removeIndexFile(this.folder, name);
      throw error;
    }
    this.files = files;
    this.covered = frozen.to;
    this.streamsCovered = frozen.streams;
    this.frozen = undefined;
    this.mergeSoon();
  }

  private newName(): string {
    this.fileCount += 1;
    return `${String(this.covered).padStart(16, '0')}-${Date.now().toString(36)}-${this.fileCount}.idx`;
  }

  private mergeSoon(): void {
    if (this.merging || this.closed) return;
    const candidates = filesToMerge(this.files, this.indexedInMemoryMax);
    if (!candidates) return;
    this.merging = this.merge(candidates)
      .catch((error: unknown) => {
        this.logger.warn({ reason: errorMessage(error) }, 'index files could not be merged');
        return false;
      })
      .then((merged) => {
        this.merging = undefined;
        if (merged) this.mergeSoon();
      });
  }

  private async merge(candidates: readonly IndexFile[]): Promise<boolean> {
    const merged = await mergeIndexFiles(this.folder, this.newName(), candidates, () => this.closed);
    if (!merged) return false;
    const first = candidates[0];
    const files = this.files.flatMap((file) => {
      if (file === first) return [merged];
      return candidates.includes(file) ? [] : [file];
    });
    writeManifest(this.folder, {
      coveredTo: this.covered,
      streams: this.streamsCovered,
      files: files.map(infoOf),
    });
    this.files = files;
    for (const file of candidates) {
      closeIndexFile(file);
      removeIndexFile(this.folder, file.name);
    }
    return true;
  }

  /**
   * Writes the entries in memory to a file, so that the next start has nothing to replay. `durableEnd` is the log's
   * end.
   */
  async close(durableEnd: number): Promise<void> {
    this.closed = true;
    await this.merging;
    if (this.frozen) this.writeFrozen();
    if (this.memory.size > 0) {
      this.freeze(durableEnd);
      this.writeFrozen();
    }
    this.release();
  }

  /** Closes the files without writing anything, where the log could not be opened. */
  release(): void {
    this.closed = true;
    for (const file of this.files) closeIndexFile(file);
  }
}

function infoOf({ name, entries, from, to }: IndexFile) {
  return { name, entries, from, to };
}

function removeAllBut(folder: string, kept: readonly IndexFile[]): void {
  const names = new Set(kept.map(({ name }) => name));
  for (const name of readdirSync(folder)) {
    if (name.includes('.idx') && !names.has(name)) removeIndexFile(folder, name);
  }
}
