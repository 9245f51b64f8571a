import { fork } from 'node:child_process';
import { once } from 'node:events';

interface Teardown {
  teardown(end: () => Promise<unknown>): unknown;
}

/**
 * Starts a Node.js process of this file, which answers each message with one message. Returns a function that asks it one
 * question after the other, and rejects when the process has ended. Ends at teardown.
 */
export function askedProcess<Question extends object, Answer>(
  t: Teardown,
  entry: URL,
  environment?: NodeJS.ProcessEnv,
): (question: Question) => Promise<Answer> {
  const child = fork(entry, [], { ...(environment && { env: environment }), execArgv: [] });
  const exited = once(child, 'exit');
  const gone = exited.then(([code]) => {
    throw new Error(`the process of ${entry.pathname} ended with ${code}`);
  });
  gone.catch(() => undefined);
  t.teardown(async () => {
    child.disconnect();
    await exited;
  });
  let last: Promise<unknown> = Promise.resolve();
  return (question) => {
    const answer = last.then(async () => {
      child.send(question);
      const [said] = await Promise.race([once(child, 'message'), gone]);
      return said as Answer;
    });
    last = answer.catch(() => undefined);
    return answer;
  };
}
