import t from 'tap';
import type { IndexFile } from '../../../../src/embedded/event-store/stream-index/index-file.js';
import { filesToMerge } from '../../../../src/embedded/event-store/stream-index/merge.js';

const fileOf = (entries: number): IndexFile => ({
  name: `${entries}`,
  entries,
  from: 0,
  to: 0,
  fd: -1,
  fences: Buffer.alloc(0),
  bloom: Buffer.alloc(0),
});

t.test('sizes fall from old to new, and the number of files stays small', async (t) => {
  let files: IndexFile[] = [];
  let most = 0;
  for (let i = 0; i < 2_000; i++) {
    files.push(fileOf(1_000));
    // Merging lags behind writing now and then.
    if (i % 7 < 3) continue;
    for (let next = filesToMerge(files, 1_000); next; next = filesToMerge(files, 1_000)) {
      const candidates = next;
      const merged = fileOf(candidates.reduce((sum, { entries }) => sum + entries, 0));
      files = files.flatMap((file) =>
        file === candidates[0] ? [merged] : candidates.includes(file) ? [] : [file],
      );
    }
    most = Math.max(most, files.length);
    const sizes = files.map(({ entries }) => entries);
    if (sizes.some((size, at) => at > 0 && size > (sizes[at - 1] ?? 0)))
      t.fail(`a file is larger than the one before it: ${sizes}`);
  }
  t.equal(
    files.reduce((sum, { entries }) => sum + entries, 0),
    2_000_000,
  );
  t.ok(most <= 18, `${most} files at most`);
});
