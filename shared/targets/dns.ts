/** A name server answers, and with what is expected. */
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { settingOf, type TargetSettings } from '../target.ts';
import { msSince, type TargetContext, type TargetKind, TargetProblem } from './kind.ts';

export const dns: TargetKind = {
  kind: 'dns',
  async check(settings: TargetSettings, context: TargetContext) {
    const server = String(settings.server);
    context.outgoing.check(server);
    const resolver = new Resolver({ timeout: context.timeoutMs, tries: 1 });
    const port = settingOf<number>('dns', settings, 'port') ?? 53;
    resolver.setServers([isIP(server) === 6 ? `[${server}]:${port}` : `${server}:${port}`]);
    context.signal.addEventListener('abort', () => resolver.cancel());
    const startedAt = context.monotonic();
    const found = await resolver.resolve(String(settings.name), settingOf<string>('dns', settings, 'record') ?? 'A');
    const fields = { dns_ms: msSince(context, startedAt) };
    const answers = ([found].flat() as unknown[]).map(textOf);
    const wanted = settings.answer;
    if (typeof wanted === 'string' && wanted !== '' && !answers.some((one) => isSameAnswer(one, wanted)))
      throw new TargetProblem('wrong_answer', answers.join(', ').slice(0, 300), { fields });
    return { fields, detail: answers.join(', ').slice(0, 300) };
  },
};

/** An MX by its exchange, a TXT by its pieces. */
function textOf(answer: unknown): string {
  if (typeof answer === 'string') return answer;
  if (Array.isArray(answer)) return answer.join('');
  const { exchange } = answer as { exchange?: string };
  return exchange ?? JSON.stringify(answer);
}

const plain = (text: string) => text.toLowerCase().replace(/\.$/, '');
const isSameAnswer = (one: string, other: string) => plain(one) === plain(other);
