import { sanitizeText } from '../src/sanitize/index.js';
import { cleanTexts } from '../test/sanitize/corpus/clean.js';
import { commandLineCases } from '../test/sanitize/corpus/command-lines.js';
import { constructorCases } from '../test/sanitize/corpus/constructors.js';
import { documentCases } from '../test/sanitize/corpus/documents.js';
import { hardCases } from '../test/sanitize/corpus/hard.js';
import { lookAlikes } from '../test/sanitize/corpus/look-alikes.js';
import { leaksAndLosses, overRedactions } from '../test/sanitize/corpus/measure.js';
import { secretsA } from '../test/sanitize/corpus/secrets-a.js';
import { secretsB } from '../test/sanitize/corpus/secrets-b.js';
import { sentenceCases } from '../test/sanitize/corpus/sentences.js';

interface Figure {
  readonly bench: 'sanitizer';
  readonly subject: string;
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
  readonly n: number;
}

const SPEED_CHARACTERS = 65_536;
const SPEED_ROUNDS = 20;
const SHORT_ROUNDS = 2000;

/** Prints the leak and over-redaction rates on the corpora, and how fast several kinds of texts are sanitized. */
export async function run(options: { json: boolean; args: string[] }): Promise<void> {
  for (const figure of [...rates(), ...speeds()]) {
    const line = `${figure.subject.padEnd(34)} ${figure.metric.padEnd(22)} ${figure.value} ${figure.unit} (n=${figure.n})`;
    process.stdout.write(`${options.json ? JSON.stringify(figure) : line}\n`);
  }
}

function rates(): Figure[] {
  const corpora = {
    'developed on': secretsA,
    'checked on': secretsB,
    'written to break it': hardCases,
    'command lines': commandLineCases,
    documents: documentCases,
    constructors: constructorCases,
    sentences: sentenceCases,
  };
  const figures = Object.entries(corpora).flatMap(([subject, cases]) => {
    const { leaks, losses } = leaksAndLosses(cases, sanitizeText);
    return [
      figure(subject, 'leak_rate', 'ratio', leaks.length / cases.length, cases.length),
      figure(subject, 'helpful_part_lost_rate', 'ratio', losses.length / cases.length, cases.length),
    ];
  });
  const kept = [...cleanTexts, ...lookAlikes];
  const over = overRedactions(kept, sanitizeText).length;
  return [...figures, figure('clean texts', 'over_redaction_rate', 'ratio', over / kept.length, kept.length)];
}

function speeds(): Figure[] {
  const secretTexts = [...secretsA, ...secretsB, ...hardCases].map(({ text }) => text);
  const sentence = cleanTexts.find((text) => text.startsWith('AADSTS7000215')) ?? '';
  return [
    throughput('error messages, clean', cleanTexts.filter((text) => !/[\\%&]/.test(text)).join('\n')),
    throughput('error messages with secrets', secretTexts.join('\n')),
    throughput('one long line without blanks', 'abcdefgh01234567'.repeat(SPEED_CHARACTERS / 16)),
    latency('a dotted name', 'inventory.sync'),
    latency('a sentence of 170 characters', sentence),
  ];
}

function throughput(subject: string, sample: string): Figure {
  const text = sample.repeat(Math.ceil(SPEED_CHARACTERS / sample.length)).slice(0, SPEED_CHARACTERS);
  sanitizeText(text);
  const start = performance.now();
  for (let round = 0; round < SPEED_ROUNDS; round++) sanitizeText(text);
  const seconds = (performance.now() - start) / 1000;
  return figure(
    subject,
    'megabytes_per_second',
    'MB/s',
    (text.length * SPEED_ROUNDS) / 1e6 / seconds,
    SPEED_ROUNDS,
  );
}

function latency(subject: string, text: string): Figure {
  for (let round = 0; round < SHORT_ROUNDS; round++) sanitizeText(text);
  const start = performance.now();
  for (let round = 0; round < SHORT_ROUNDS; round++) sanitizeText(text);
  return figure(
    subject,
    'time_per_text',
    'µs',
    ((performance.now() - start) * 1000) / SHORT_ROUNDS,
    SHORT_ROUNDS,
  );
}

function figure(subject: string, metric: string, unit: string, value: number, n: number): Figure {
  return { bench: 'sanitizer', subject, metric, unit, value: Math.round(value * 10_000) / 10_000, n };
}
