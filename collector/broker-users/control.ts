/**
 * Commands to Mosquitto's dynamic security over MQTT: one request at a time on a session of its own, because the broker stands still
 * while it writes its file. Answers come in the order of the commands.
 */
import { randomBytes } from 'node:crypto';
import { type BrokerPlace, type BrokerSession, openSession } from '../intake/bridge/session.ts';
import { controlResponse, controlTopic } from './mosquitto-files.ts';
import type { DynamicCommand } from './plan.ts';

export interface CommandAnswer {
  command: string;
  /** Why it was not done, in the broker's words. */
  error?: string;
  data?: Readonly<Record<string, unknown>>;
}

export interface Control {
  /** @throws Error when it does not answer, the session has ended, or it may not */
  ask(commands: readonly DynamicCommand[], withinMs?: number): Promise<CommandAnswer[]>;
  close(): void;
}

/** A broker with thousands of users takes a tenth of a second for each command. */
const answerInMs = 30_000;

/**
 * Resolves when commands are taken.
 * @param onEnd once, also after it was refused
 */
export function openControl(place: BrokerPlace, onEnd: (reason: string) => void): Promise<Control> {
  const { username } = place;
  return new Promise((resolve, reject) => {
    let waiting: { id: string; done(answers: CommandAnswer[] | Error): void } | null = null;
    const end = (reason: string) => {
      waiting?.done(new Error(reason));
      reject(new Error(reason));
      onEnd(reason);
    };
    const session: BrokerSession = openSession(place, `evenkeel-users-${randomBytes(8).toString('hex')}`, {
      onOpen() {
        session.subscribe([controlResponse]).then(
          (refused) => {
            if (refused.length === 0) return resolve({ ask, close: session.close });
            end(
              `it does not let the user "${username}" read ${controlResponse}: its role lacks that, or Mosquitto runs without the dynamic security plugin; \`broker-config mosquitto --dynamic-security\` has both`,
            );
            session.close();
          },
          (thrown: Error) => {
            end(thrown.message);
            session.close();
          },
        );
      },
      onMessage(topic, payload, messageId) {
        if (messageId !== null) session.puback(messageId);
        if (topic === controlResponse) take(payload);
      },
      onEnd: end,
    });

    function take(payload: Buffer): void {
      const answers = answersIn(payload);
      const first = answers[0];
      // What was given up may still be answered.
      if (!waiting || !first || first.correlationData !== waiting.id) return;
      waiting.done(answers);
    }

    function ask(commands: readonly DynamicCommand[], withinMs = answerInMs): Promise<CommandAnswer[]> {
      return new Promise((done, failed) => {
        const id = randomBytes(8).toString('hex');
        const settle = (answers: CommandAnswer[] | Error) => {
          clearTimeout(late);
          waiting = null;
          if (answers instanceof Error) failed(answers);
          else done(answers);
        };
        const late = setTimeout(
          () =>
            settle(
              new Error(
                `it does not answer commands: the user "${username}" may not publish to ${controlTopic}, or Mosquitto runs without the dynamic security plugin`,
              ),
            ),
          withinMs,
        );
        waiting = { id, done: settle };
        const body = JSON.stringify({ commands: commands.map((one) => ({ ...one, correlationData: id })) });
        if (!session.publish(controlTopic, Buffer.from(body), { qos: 1, retain: false }))
          settle(new Error('the session has ended'));
      });
    }
  });
}

function answersIn(payload: Buffer): (CommandAnswer & { correlationData?: string })[] {
  try {
    const { responses } = JSON.parse(payload.toString('utf8')) as { responses?: unknown };
    return Array.isArray(responses) ? (responses as CommandAnswer[]) : [];
  } catch {
    return [];
  }
}
