/** `openid check`: whether the provider works with this collector. It need not run, and nobody is logged in. */
import { systemClock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { escaped } from '../../shared/safe-text.ts';
import { createOpenId } from '../accounts/openid.ts';
import { lookAt, providerPage } from '../accounts/openid-look.ts';
import { addressesFor } from '../tls/serving.ts';
import { type Command, settingsFrom, startOptions } from './command.ts';

export const command: Command = {
  options: startOptions,
  async run(values) {
    const { config } = settingsFrom(values, 'openid check');
    if (config.openId === null) throw fail('OPENID_OFF');
    const { http } = addressesFor(config, { http: config.http.port, mqtt: config.mqtt.port });
    const { items } = await lookAt(createOpenId(config.openId, systemClock.now), http + providerPage);
    for (const { isGood, said, todo } of items)
      process.stdout.write(
        escaped(`${isGood ? 'good' : 'BAD '}  ${said}`).concat(todo && `\n      ${escaped(todo)}`, '\n'),
      );
    return items.every(({ isGood }) => isGood) ? 0 : 1;
  },
};
