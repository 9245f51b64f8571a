import cronstrue from 'cronstrue';
import type { Cron } from './cron.js';

const MINUTES_OF_HOUR = 60;
const EVENING = 20 * MINUTES_OF_HOUR;
const MORNING = 6 * MINUTES_OF_HOUR;
const EVERY_DAY = / \* \* \*$/;

/** The times of a schedule in words: `every night at 02:00 Europe/Berlin`. */
export const timetableInWords = (cron: Cron, zone: string): string => `${cronInWords(cron)} ${zone}`;

function cronInWords({ text, minutesOfDay }: Cron): string {
  const [minute, second] = minutesOfDay;
  if (EVERY_DAY.test(text) && minute !== undefined && second === undefined) {
    const isNight = minute < MORNING || minute >= EVENING;
    return `every ${isNight ? 'night' : 'day'} at ${onTheClock(minute)}`;
  }
  const words = cronstrue.toString(text, { use24HourTimeFormat: true });
  return words.charAt(0).toLowerCase() + words.slice(1);
}

const onTheClock = (minute: number): string =>
  [Math.floor(minute / MINUTES_OF_HOUR), minute % MINUTES_OF_HOUR]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
