import { appVersion } from '../app-version.js';
import { createPartSigns } from '../db/part-signs.js';
import { keepSaying } from '../liveness/part-signs.js';
import { Periodic } from '../timing/periodic.js';
import type { ProgramContext } from './program-context.js';

const CLEAR_EVERY_MS = 60 * 60_000;

/** Sends signs of life for the parts of this process, and removes old signs of processes that have ended. */
export async function startSigns(context: ProgramContext): Promise<void> {
  const { parts, infrastructure, clock, logger, said, processName: name } = context;
  const signs = createPartSigns(infrastructure.primary);
  const words = () => said.map((word) => ({ ...word(), name, appVersion }));
  const saying = keepSaying({ signs, clock, logger }, words);
  const clearing = new Periodic('old signs of life', CLEAR_EVERY_MS, () => signs.clearOld(), {
    clock,
    logger,
  });
  await parts.add(
    'signs of life',
    () => {
      saying.start();
      clearing.start();
    },
    async () => {
      await Promise.all([saying.stop(), clearing.stop()]);
      for (const { part } of words())
        await signs
          .leave(part, name)
          .catch((error: unknown) => logger.debug({ err: error }, 'a sign of life was not removed'));
    },
  );
}
