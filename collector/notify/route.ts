/** Who hears of what: the channels of the settings, each with the severities that it takes. */
import { fail } from '../../shared/errors.ts';
import type { Channel, Notice } from './channel.ts';
import { channelTypes } from './channels/index.ts';

export interface Route {
  name: string;
  channel: Channel;
  severities: readonly Notice['severity'][];
}

const known = ['info', 'warning', 'critical'] as const;
/** `info` is for pages, not for messages. */
const usual = ['warning', 'critical'] as const;

/**
 * Makes the channels of evenkeel.yaml. Beside the settings of its kind each takes `severities`, by default warning and
 * critical.
 * @throws EvenkeelError BAD_SETTING
 */
export function createChannels(
  list: readonly { name: string; kind: string; settings: Record<string, unknown> }[],
): Route[] {
  const names = new Set<string>();
  return list.map(({ name, kind, settings }) => {
    const what = `channels.${name}`;
    if (names.has(name)) throw fail('BAD_SETTING', { what, problem: 'is given twice' });
    names.add(name);
    const type = channelTypes.find((each) => each.kind === kind);
    if (!type) {
      const kinds = channelTypes.map((each) => each.kind).join(', ');
      throw fail('BAD_SETTING', { what: `${what}.kind`, problem: `"${kind}" is not one of ${kinds}` });
    }
    const { severities, ...rest } = settings;
    return { name, channel: type.create(name, rest), severities: severitiesOf(what, severities) };
  });
}

function severitiesOf(what: string, given: unknown): readonly Notice['severity'][] {
  if (given === undefined) return usual;
  const isKnown = (word: unknown): word is Notice['severity'] => (known as readonly unknown[]).includes(word);
  if (Array.isArray(given) && given.every(isKnown)) return given;
  throw fail('BAD_SETTING', { what: `${what}.severities`, problem: `must be a list of ${known.join(', ')}` });
}

/** The names of the channels that take a notice of this severity. */
export function routesFor(routes: readonly Route[], severity: Notice['severity']): string[] {
  return routes.filter((route) => route.severities.includes(severity)).map((route) => route.name);
}
