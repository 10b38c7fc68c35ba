/** Something takes connections at a port. */
import type { TargetSettings } from '../target.ts';
import { connect } from './connect.ts';
import type { TargetContext, TargetKind } from './kind.ts';

export const tcp: TargetKind = {
  kind: 'tcp',
  async check(settings: TargetSettings, context: TargetContext) {
    const { socket, dnsMs, connectMs } = await connect(String(settings.host), Number(settings.port), context);
    socket.destroy();
    return { fields: { dns_ms: dnsMs, connect_ms: connectMs } };
  },
};
