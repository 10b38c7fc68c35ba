/** Routing: the channels of the settings, each with the severities that it takes. */
import { fail } from '../../shared/errors.ts';
import { type Outgoing, problemOf } from '../../shared/outgoing.ts';
import { nameOf } from '../../shared/settings-file.ts';
import type { Fault } from '../../shared/shape.ts';
import type { Channel, ChannelType, Notification } from './channel.ts';
import { channelTypes } from './channels/index.ts';
import { type DevicesToPush, noDevices } from './devices.ts';
import { expanded } from './forms.ts';
import { faultsOfChannel, severities } from './settings.ts';

export interface ChannelRoute {
  name: string;
  channel: Channel;
  severities: readonly Notification['severity'][];
  /** Without an address of their own it reaches people by their name. */
  isPersonal?: boolean;
  /** Whether a person may give this in place of its address. */
  isAddress?(text: string): boolean;
}

/** A channel of evenkeel.yaml. Beside the settings of its kind it takes `severities`. */
export interface ChannelSettings {
  name: string;
  kind: string;
  settings: Record<string, unknown>;
}

/** `info` is for pages only, not for notifications. */
const usual = severities.filter((severity) => severity !== 'info');

/** @param chosen checked before; undefined: the usual ones */
export const severitiesOf = (chosen: unknown) => (chosen ?? usual) as ChannelRoute['severities'];

/** Faults of channels in the settings, by their place in the list. Pure. */
export function faultsOfChannels(channels: readonly unknown[]): Fault[] {
  const names = new Set<unknown>();
  return channels.flatMap((channel, i): Fault[] => {
    const { name } = (channel ?? {}) as { name?: unknown };
    const twice =
      name !== undefined && names.has(name) ? [{ path: [i, 'name'], problem: `"${name}" is given twice` }] : [];
    names.add(name);
    return [
      ...twice,
      ...faultsOfChannel(channelTypes, channel).map((fault) => ({ ...fault, path: [i, ...fault.path] })),
    ];
  });
}

/**
 * Creates the channels. Each takes warnings and critical alerts unless `severities` is set otherwise.
 * @throws EvenkeelError BAD_SETTING
 */
export function createChannels(
  list: readonly ChannelSettings[],
  outgoing: Outgoing,
  devices: DevicesToPush = noDevices,
): ChannelRoute[] {
  const written = list.map(({ name, kind, settings }) => withAddressRead({ name, kind, ...settings }));
  const faults = faultsOfChannels(written);
  if (faults.length > 0) {
    const lines = faults.map(
      ({ path, problem }) => `${nameOf({ channels: written }, ['channels', ...path])} ${problem}`,
    );
    throw fail('BAD_SETTING', { faults: lines.join('\n') });
  }
  return written.map(({ name, kind, severities: chosen, ...rest }) => {
    const type = typeOf(kind);
    return {
      name,
      channel: type.create(name, rest as never, outgoing, devices),
      severities: severitiesOf(chosen),
      ...(type.isPersonal ? { isPersonal: true } : {}),
      isAddress: (text: string) => type.isAddress?.(text, rest as never) ?? false,
    };
  });
}

export const readAddress = (channel: object) => expanded(channelTypes, channel);

/** With the settings in place of an address that stands for them: `slack://…`. What is wrong with it is left for the check. */
export const withAddressRead = (channel: Record<string, unknown>) =>
  readAddress(channel).channel as { name: string; kind: string } & Record<string, unknown>;

const typeOf = (kind: string) => channelTypes.find((each) => each.kind === kind) as ChannelType;

/** A sentence for each channel that could not connect as the settings are: those of before the guard, and mistakes. */
export async function blockedChannels(
  list: readonly ChannelSettings[],
  outgoing: Pick<Outgoing, 'lookup'>,
): Promise<string[]> {
  const hosts = list.map(({ kind, settings }) => {
    const { kind: read, name: _, ...rest } = withAddressRead({ name: '', kind, ...settings });
    return typeOf(read).hostOf(rest as never);
  });
  const problems = await Promise.all(hosts.map((host) => (host === null ? null : problemOf(outgoing, host))));
  return problems.flatMap((problem, i) => (problem === null ? [] : [`The channel ${list[i]?.name}: ${problem}`]));
}

/** The names of the channels that take this severity. */
export function routesFor(routes: readonly ChannelRoute[], severity: Notification['severity']): string[] {
  return routes.filter((route) => route.severities.includes(severity)).map((route) => route.name);
}
